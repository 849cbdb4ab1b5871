"""Mails that no person wrote: answering one would begin a conversation between programs.

Source: RFC 3834 §2, §5; RFC 2919; MS-OXCMAIL §2.2.3.2.14 (X-Auto-Response-Suppress).
"""

import re

from channels.mail.parsing import Parsed

_PRECEDENCE = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})
_PROGRAMS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|abuse|fbl|autoreply)(?:[+._-].*)?@", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"\s*(?:(?:re|aw|sv|rv)\s*:\s*)?(?:auto(?:matic(?:ally)?|matische)?[ -]?(?:reply|response|antwort|respuesta|svar|:)"
    r"|automatische antwort|automatisch antwoord|automatiskt svar|automatisk svar|auto\s*:|out of (?:the )?office"
    r"|ooo\s*:|abwesenheitsnotiz|abwesend|réponse automatique|absence du bureau|respuesta automática"
    r"|fuera de (?:la )?oficina"
    r"|resposta automática|fora do escritório|risposta automatica|fuori sede|afwezigheid|frånvarande|fravær"
    r"|odpowiedź automatyczna|автоматический ответ|автоответ|自動応答|自動返信|自动回复|자동\s*회신)",
    re.IGNORECASE,
)


def automatic(mail: Parsed) -> str | None:
    """By what sign a program wrote `mail`, as one word for logs; None where a person did."""
    marks = mail.markers
    if mail.calendar is not None:
        return None  # written by a program, at a person's click
    if marks.get("auto-submitted", "no").partition(";")[0].strip() != "no":
        return "auto_submitted"
    if marks.get("precedence", "").strip() in _PRECEDENCE:
        return "precedence"
    if any(name in marks for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply")):
        return "autoreply"
    if "x-auto-reply-from" in marks or "x-failed-recipients" in marks:
        return "autoreply"
    if marks.get("return-path", "").replace(" ", "") == "<>":
        return "null_sender"
    if any(
        word in ("all", "oof", "autoreply") for word in re.split(r"[\s,]+", marks.get("x-auto-response-suppress", ""))
    ):
        return "suppress"
    if "list-id" in marks or "list-unsubscribe" in marks or "feedback-id" in marks:
        return "list"
    if any(_PROGRAMS.match(sender) for sender in mail.senders):
        return "program"
    if _SUBJECT.match(mail.subject[:200]):
        return "subject"
    return None
