"""A reply is cut from what it quotes and how it is signed, in linear time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.replies import extract
from tests.mail.corpus import Case, cases, same
from tests.mail.hostile import READ
from tests.shared import SHARED, needs_shared

CORPORA = SHARED / "data" / "corpora"
MAILBOX = "hello@clinic.example.org"

INTRODUCTIONS = {
    "English": f"On Mon, Nov 23, 2026 at 10:00 AM Maple Street Clinic <{MAILBOX}> wrote:",
    "English in two lines": f"On Mon, Nov 23, 2026 at 10:00 AM Maple Street Clinic\n<{MAILBOX}> wrote:",
    "English, glued": f"On Nov 23, 2026, at 10:00, Clinic<{MAILBOX}>wrote:",
    "Spanish": f"El lun, 23 nov 2026 a las 10:00, Maple Street Clinic (<{MAILBOX}>) escribió:",
    "French": f"Le lun. 23 nov. 2026 à 10:00, Maple Street Clinic <{MAILBOX}> a écrit :",
    "German": f"Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Maple Street Clinic <\n{MAILBOX}>:",
    "Italian": f"Il giorno lun 23 nov 2026 alle ore 10:00 Clinic <{MAILBOX}> ha scritto:",
    "Portuguese": f"Em seg., 23 de nov. de 2026 às 10:00, Clinic <{MAILBOX}> escreveu:",
    "Dutch": f"Op ma 23 nov. 2026 om 10:00 schreef Clinic <{MAILBOX}>:",
    "Danish": f"Den man. 23. nov. 2026 kl. 10.00 skrev Clinic <{MAILBOX}>:",
    "Swedish": f"mån 23 nov. 2026 kl. 10:00 skrev Clinic <{MAILBOX}>:",
    "Finnish": f"ma 23. marrask. 2026 klo 10.00 Clinic ({MAILBOX}) kirjoitti:",
    "Polish": f"pon., 23 lis 2026 o 10:00 Clinic <{MAILBOX}> napisał(a):",
    "Czech": f"po 23. 11. 2026 v 10:00 odesílatel Clinic <{MAILBOX}> napsal:",
    "Russian": f"пн, 23 нояб. 2026 г. в 10:00, Clinic <{MAILBOX}>:",
    "Ukrainian": f"пн, 23 лист. 2026 р. о 10:00 Clinic <{MAILBOX}> пише:",
    "Turkish": f"Clinic <{MAILBOX}>, 23 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "Japanese": f"2026年11月23日(月) 10:00 Clinic <{MAILBOX}>:",
    "Chinese": f"2026年11月23日 10:00,Clinic <{MAILBOX}> 写道：",
    "Vietnamese": f"Vào Th 2, 23 thg 11, 2026 vào lúc 10:00 Clinic <{MAILBOX}> đã viết:",
}

HEADERS = {
    "English": "From: Clinic <c@example.org>\nSent: Monday, November 23, 2026 10:00 AM\nTo: Ana\nSubject: Message",
    "bold": "*From:* Clinic <c@example.org>\n*Sent:* Monday, November 23, 2026\n*To:* Ana\n*Subject:* Message",
    "Spanish": "De: Clinic <c@example.org>\nEnviado: lunes, 23 de noviembre de 2026\nPara: Ana\nAsunto: Mensaje",
    "French": "De : Clinic <c@example.org>\nEnvoyé : lundi 23 novembre 2026\nÀ : Ana\nObjet : Message",
    "German": "Von: Clinic <c@example.org>\nGesendet: Montag, 23. November 2026\nAn: Ana\nBetreff: Nachricht",
    "Dutch": "Van: Clinic <c@example.org>\nVerzonden: maandag 23 november 2026\nAan: Ana\nOnderwerp: Bericht",
    "Swedish": "Från: Clinic <c@example.org>\nSkickat: den 23 november 2026\nTill: Ana\nÄmne: Meddelande",
    "Polish": "Od: Clinic <c@example.org>\nWysłano: poniedziałek, 23 listopada 2026\nDo: Ana\nTemat: Wiadomość",
    "Russian": "От: Clinic <c@example.org>\nОтправлено: 23 ноября 2026\nКому: Ana\nТема: Сообщение",
    "Japanese": "差出人: Clinic <c@example.org>\n送信日時: 2026年11月23日\n宛先: Ana\n件名: 予約",
}

SIGNATURES = [
    "-- \nAna Ruiz\n+1 202 555 0123",
    "Sent from my iPhone",
    "Sent from Outlook for iOS",
    "Get Outlook for Android<https://aka.ms/x>",
    "Enviado desde mi iPhone",
    "Envoyé de mon iPhone",
    "Von meinem iPhone gesendet",
    "Verzonden vanaf mijn iPhone",
    "iPhoneから送信",
    "Best regards,\nAna Ruiz",
    "Saludos,\nAna",
    "Mit freundlichen Grüßen\nAna Ruiz\nMusterstraße 1",
    "Cordialement,\nAna Ruiz",
    "-Ana",
    "This message is confidential and intended solely for the recipient.",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
def test_what_is_quoted_is_cut(introduction: str, marked: bool) -> None:
    quoted = (
        "> We have Thursday at 9.\n> Maple Street Clinic" if marked else "We have Thursday at 9.\nMaple Street Clinic"
    )

    assert extract(f"Thursday is good.\n\nCan I bring my son?\n\n{introduction}\n\n{quoted}\n").text == (
        "Thursday is good.\n\nCan I bring my son?"
    )


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
def test_an_older_mail_below_is_cut(header: str, rule: str) -> None:
    assert extract(f"Thursday is good.\n\n{rule}{header}\n\nWe have Thursday at 9.\n").text == "Thursday is good."


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_is_cut(signature: str) -> None:
    assert extract(f"Thursday is good.\n\n{signature}\n").text == "Thursday is good."


def test_answers_between_what_is_quoted_are_kept() -> None:
    text = "On Mon, Nov 23, 2026 at 10:00 Clinic <c@example.org> wrote:\n> Thursday?\nYes.\n> Your son?\nHe too.\n"

    assert extract(text).text == "Yes.\n\nHe too."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote:\nnothing came of it",
        "On your way in you can ring the bell:\nit is loud",
        "From: my house\nit takes an hour",
        "To be clear: I can't come",
        "I said -- and I mean it -- no",
        "Thanks, I will be there at 9",
        "Thanks!\nCan I also bring my son? He has had a cough since Monday and a fever at night.",
        "- milk\n- bread",
        "> only a quotation",
        "Sent from my desk, where I sit all day.",
        "On 5 I see the doctor. He said:\ntake two a day",
    ],
)
def test_a_person_s_own_words_are_kept(text: str) -> None:
    assert extract(text).text == text


def test_a_warning_of_the_mail_system_is_cut() -> None:
    text = "CAUTION: This email originated from outside the organization. Do not click links.\n\nI can come.\n"

    assert extract(text).text == "I can come."


@given(st.text(alphabet=st.sampled_from("On wrote:>-_\n@<a1 FromTSubject,.é"), max_size=300))
def test_something_is_left_of_every_text(text: str) -> None:
    found = extract(text).text

    assert bool(found.strip()) or not text.replace("\x00", "").strip(" \n\r\t>＞")


@pytest.mark.parametrize("name", [name for name, make in READ.items() if b"text/html" not in make()[:600]])
def test_the_work_grows_with_the_text_and_no_faster(name: str) -> None:
    text = READ[name]().decode("utf-8", "replace")

    assert extract(text).looked_at <= 8 * len(text)


class TestTheMeasuringSets:
    pytestmark = needs_shared

    @pytest.mark.parametrize("name", ["email_reply_parser", "zapier-email-reply-parser", "mail-parser-reply"])
    def test_ninety_five_of_a_hundred_are_found_exactly(self, name: str) -> None:
        assert self.share(name) >= 0.95

    def test_a_pathological_quotation_costs_no_more_than_another(self) -> None:
        (long,) = [case for case in self.all() if case.name == "email_long_quote"]

        assert extract(long.text).looked_at <= len(long.text)

    @staticmethod
    def all() -> list[Case]:
        return list(cases(CORPORA))

    def share(self, name: str) -> float:
        found = Counter(same(extract(case.text).text, case.wanted) for case in self.all() if case.set == name)
        return found[True] / found.total()
