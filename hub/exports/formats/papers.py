"""PDF, by fpdf2, with the content of the HTML transcript."""

from datetime import UTC

from fpdf import FPDF

from hub.evidence.printing import plain
from hub.exports.formats.base import Chunk, Setting
from hub.exports.formats.pages import moment
from hub.exports.records import MessageRecord, ReadRecord, ThreadRecord

__all__ = ["Paper"]

_FONT = "Helvetica"


class Paper(Chunk):
    """A document of threads, or of readings."""

    def __init__(self, setting: Setting) -> None:
        self._size = 0
        self._paper = _Pages(setting)

    @property
    def size(self) -> int:
        """About how many octets it has by now."""
        return self._size

    def thread(self, one: ThreadRecord) -> None:
        """A heading."""
        title = " · ".join(part for part in (one.name or "A person", one.mrn) if part)
        self._paper.heading(title + (" (continued)" if one.continued else ""))
        born = f"Born {one.birth_date} · " if one.birth_date else ""
        self._paper.small(f"{born}{one.kind} · thread {one.id}")
        if one.notice:
            self._paper.strong(one.notice)

    def message(self, one: MessageRecord) -> None:
        """A message with what became of it."""
        by = f" by {one.channel}" if one.channel else ""
        self._paper.strong(
            f"{one.author_name or one.author} · {one.direction}{by} · {moment(one.at)} · number {one.seq}"
        )
        if one.body or one.unreadable:
            self._paper.said(one.body or one.unreadable)
        for file in one.attachments:
            digest = f", SHA-256 {file.sha256}" if file.sha256 else ""
            self._paper.small(f"File: {file.path or file.name or file.id}, {file.state}{digest}")
        for way in one.deliveries:
            steps = "; ".join(
                f"{step.state} {moment(step.at)}{f' ({step.reason})' if step.reason else ''}" for step in way.history
            )
            rule = f" · decided by {way.decided.rule}" if way.decided else ""
            consent = f" · consent {way.consent.state}" if way.consent else ""
            self._paper.small(f"{way.channel}, {way.purpose}: {steps}{rule}{consent}")
        self._paper.small(one.id)
        self._paper.ln(2)
        self._size += len(one.body) + 600

    def read(self, one: ReadRecord) -> None:
        """A line."""
        self._paper.small(f"{moment(one.at)} · {one.by_name or one.by} · {one.action} · person {one.person}")
        self._size += 120

    def done(self) -> bytes:
        """The file."""
        return bytes(self._paper.output())


class _Pages(FPDF):
    def __init__(self, setting: Setting) -> None:
        super().__init__(format="Letter")
        self.set_title("Conversations")
        self.set_creation_date(setting.made_at.astimezone(UTC))
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()
        self.heading("Conversations")
        self.small(f"{setting.clinic} · part {setting.number} · begun {moment(setting.made_at)} · {setting.profile}")

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-14)
        self.set_font(_FONT, "", 8)
        self.cell(0, 8, f"{self.page_no()}", align="C")

    def heading(self, text: str) -> None:
        """A heading."""
        self.ln(2)
        self._write(text, "B", 13, 7)

    def strong(self, text: str) -> None:
        """A line that stands out."""
        self._write(text, "B", 9, 5)

    def said(self, text: str) -> None:
        """What was said."""
        self._write(text, "", 10, 5)

    def small(self, text: str) -> None:
        """What is said about it."""
        self._write(text, "", 7, 3.6)

    def _write(self, text: str, style: str, size: float, height: float) -> None:
        self.set_font(_FONT, style, size)
        self.multi_cell(0, height, plain(text) or "-", new_x="LMARGIN", new_y="NEXT")
