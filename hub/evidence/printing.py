"""The evidence as PDF, by fpdf2, with the same content as the page."""

import unicodedata

from fpdf import FPDF

from hub.evidence.drawing import moment
from hub.evidence.gathering import AddressProof, Decision, Evidence

_FONT = "Helvetica"


def pdf(found: Evidence) -> bytes:
    """The document. Letters outside Western European alphabets are written without their marks, or as `?`."""
    paper = _Paper(found)
    profile = found.person.profile
    paper.heading("Record of consent", 18)
    paper.row("Clinic", found.clinic)
    paper.row("Person", f"{profile.given_name} {profile.family_name}")
    paper.row("Record number", profile.mrn or "-")
    paper.row("Born", str(profile.birth_date or "-"))
    paper.row("Read at", moment(found.made_at))
    paper.heading("Addresses and what holds there", 14)
    for one in found.addresses:
        _address(paper, one)
    paper.heading("Decisions, newest first", 14)
    for decision in found.decisions:
        _decision(paper, decision)
    paper.heading("Asked and not yet part of the ledger", 14)
    for value, request in found.requests:
        paper.row("Address", value or "-")
        paper.row("Signed", moment(request.at))
        paper.row("Asked", moment(request.asked_at))
        paper.row("Answer", request.outcome or "none yet")
        for name, text in request.evidence.items():
            paper.row(name, text)
        paper.gap()
    paper.heading("Warnings accepted: the channel is not private", 14)
    for channel, warning, at in found.warnings:
        paper.row(channel, f"{warning}, {moment(at)}")
    return bytes(paper.output())


def _address(paper: "_Paper", one: AddressProof) -> None:
    paper.row("Address", one.value)
    paper.row("State", one.state)
    paper.row("Proved by", f"{one.verified_how}, {moment(one.verified_at)}")
    paper.row("Last register check", f"{one.checked[0]}, {moment(one.checked[1])}" if one.checked else "none")
    for held in one.held:
        said = {"agreed": held.granted, "refused": held.revoked, "never spoken of": held.unknown}
        paper.row(held.channel.value, "; ".join(f"{how}: {', '.join(which)}" for how, which in said.items() if which))
    paper.gap()


def _decision(paper: "_Paper", one: Decision) -> None:
    agreed = "Agreed" if one.state.value == "grant" else "Took back or refused"
    paper.row(agreed, f"{', '.join(one.channels)}: {', '.join(one.purposes) or 'every purpose'}", strong=True)
    paper.row("Address", one.address or "-")
    paper.row("Effective", moment(one.at))
    paper.row("Recorded", moment(one.recorded_at))
    if one.until is not None:
        paper.row("Until", moment(one.until))
    paper.row("Source", f"{one.source.value}, in writing" if one.written else one.source.value)
    paper.row("By", one.actor)
    if one.message_id:
        paper.row("Message", one.message_id)
    for name, text in one.proofs:
        paper.row(name, text)
    if one.confirmation is not None:
        paper.row("Confirmed by", f"{one.confirmation[0]} ({one.confirmation[1]})")
    paper.row("Entry", one.id)
    paper.row("Digest (SHA-256)", one.digest)
    chained = "waits to be chained" if one.chained is None else f"entry {one.chained}"
    known = {True: ", unchanged", False: ", differs from what was recorded", None: ""}
    paper.row("Audit chain", chained + known[one.intact])
    paper.gap()


class _Paper(FPDF):
    """Pages with rows of a name and a text."""

    def __init__(self, found: Evidence) -> None:
        super().__init__(format="Letter")
        self.set_title("Record of consent")
        self.set_creation_date(found.made_at)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-12)
        self.set_font(_FONT, size=8)
        self.cell(0, 6, f"Page {self.page_no()}", align="R")

    def heading(self, text: str, size: int) -> None:
        """A heading over what follows."""
        self.ln(3)
        self.set_font(_FONT, "B", size)
        self.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def row(self, name: str, text: str, *, strong: bool = False) -> None:
        """A name, and beside it a text of any length."""
        self.set_font(_FONT, "B" if strong else "", 9)
        if self.get_y() > self.h - 30:
            self.add_page()
        self.cell(42, 5, plain(name))
        self.multi_cell(0, 5, plain(text) or "-", new_x="LMARGIN", new_y="NEXT")

    def gap(self) -> None:
        """A line between two things."""
        self.ln(2)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(2)


def plain(text: str) -> str:
    """The text in the letters that the document's fonts have."""
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        for one in (letter, unicodedata.normalize("NFKD", letter)[:1], "?"):
            try:
                one.encode("latin-1")
            except UnicodeEncodeError:
                continue
            kept.append(one)
            break
    return "".join(kept)
