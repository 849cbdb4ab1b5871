"""HTML of a mail as the text that a person would read; what a program quoted is marked with `>`.

The HTML is first rebuilt by a parser that browsers' rules hold for (nh3), which leaves a dozen harmless tags; what is
left is well formed and is read from front to back once.
"""

import html
import re
from dataclasses import dataclass

from channels.mail.phrases import ATTRIBUTION_END, FRAME_END, MAILBOX_LAST

_TAGS = {
    "p", "div", "br", "hr", "li", "ul", "ol", "tr", "td", "th", "table", "blockquote", "pre", "span"
} | {f"h{n}" for n in range(1, 7)}  # fmt: skip
_DROPPED = {"script", "style", "title", "head", "template", "noscript", "svg", "math", "object", "iframe", "textarea"}
_MARKING = ("div", "blockquote", "span")
_ATTRIBUTES = {
    "div": {"class", "id", "name"},
    "blockquote": {"class", "id", "type", "cite"},
    "span": {"id"},
    "hr": {"id"},
    "p": {"class"},
}
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
_QUOTE = re.compile(
    r"gmail_quote|gmail_attr|yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra|moz-cite|moz-forward|bloop_original|"
    r"messageReplySection|mail-editor-reference|ms-outlook-mobile-reference|OLK_SRC_BODY_SECTION|missive_quote|"
    r"front-blockquote|mailru-quote|mail-quote-collapse|hushmail-quoted|zoho_quote|type=\"cite\"|\bcite=",
    re.IGNORECASE,
)
"""How programs name what they quote."""
_DIVIDER = re.compile(r"divRplyFwdMsg|OutlookMessageHeader|stopSpelling")
"""How Outlook names where an older mail begins, which then is what follows and not what is within."""
_SIGNATURE = re.compile(
    r"gmail_signature(?!_)|moz-signature|ms-outlook-mobile-signature|protonmail_signature_block|AppleMailSignature|"
    r"messageSignatureSection|bloop_sign|yahoo_signature|(?:id=\"(?:x_)*Signature\")"
)
"""How programs name what they put below every mail."""
_LONGEST_SIGNATURE = 15
"""Lines; more, or a question, is somebody's who wrote on within their signature."""
ORIGINAL_LINE = "-----Original Message-----"
_BLOCKS = _TAGS - {"br", "hr", "td", "th"}
_DEEPEST = 6
"""Quotations within quotations that are told apart."""
_DEEPEST_ELEMENT = 1_000
_BLANKS = re.compile(r"\s+")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_OPENING = re.compile(
    r"<(/?)(?!(?:p|li|td|th|tr|dd|dt|br|hr|img|input|meta|link|col|wbr|area|base|source)\b)[a-z]", re.I
)
"""Tags that nest: neither those that never hold anything, nor those that end where the next of them begins."""


def text_of(markup: str) -> str:
    """The words of `markup`."""
    if _depth(markup) > _DEEPEST_ELEMENT:
        # What rebuilds HTML takes a time that grows with the square of the depth.
        return html.unescape(_ANY_TAG.sub(" ", markup)).replace("\u00a0", " ")
    import nh3  # only where a mail has HTML: in the process that reads it

    clean = nh3.clean(markup, tags=_TAGS, clean_content_tags=_DROPPED, attributes=_ATTRIBUTES, link_rel=None)
    return _read(clean, signatures=False) or _read(clean, signatures=True)


def _read(clean: str, *, signatures: bool) -> str:
    """The text of what was rebuilt; "" where nothing but signatures and quotations is left."""
    writer = _Writer(signatures=signatures)
    at = 0
    for token in _TOKEN.finditer(clean):
        writer.words(clean[at : token.start()])
        at = token.end()
        writer.tag(token[2], bool(token[1]), token[3])
    writer.words(clean[at:])
    return writer.text()


def _depth(markup: str) -> int:
    """How deep elements may lie in each other, at most."""
    depth = deepest = 0
    for tag in _OPENING.finditer(markup):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


@dataclass(slots=True)
class _Open:
    """An element that is open. quotes: how many marks it puts before its lines. signature: at which line one began."""

    name: str
    quotes: int = 0
    container: bool = False
    signature: int | None = None


class _Writer:
    def __init__(self, *, signatures: bool) -> None:
        self._signatures = signatures
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open: list[_Open] = []
        self._depth = 0
        self._as_is = 0

    def words(self, raw: str) -> None:
        if not raw:
            return
        text = html.unescape(raw) if "&" in raw else raw
        text = text.replace("\u00a0", " ")
        if self._as_is:
            first, *more = text.split("\n")
            self._line.append(first)
            for line in more:
                self._end_line()
                self._line.append(line)
            return
        squeezed = _BLANKS.sub(" ", text)
        if squeezed == " " and not self._line:
            return
        self._line.append(squeezed if self._line else squeezed.lstrip())

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name in ("br", "hr"):
            if name == "hr" and self._line:
                self._end_line()
            if name == "hr":
                self._divide(attributes)
                self._line.append("________________")
            self._end_line()
            return
        if name in ("td", "th"):
            if not closing and self._line:
                self._line.append(" ")
            return
        if name == "span":
            self._nest(name, closing, attributes)
            return
        if self._line:
            self._end_line()
        if name in ("p", "blockquote", "pre") or name.startswith("h"):
            self._blank()
        if name == "pre":
            self._as_is = max(0, self._as_is + (-1 if closing else 1))
        if name in _MARKING:
            self._nest(name, closing, attributes)
        if name == "li" and not closing:
            self._line.append("- ")

    def _nest(self, name: str, closing: bool, attributes: str) -> None:
        if closing:
            if self._open and self._open[-1].name == name:
                self._close(self._open.pop())
            return
        named = _QUOTE.search(attributes) is not None if attributes else False
        opened = _Open(name)
        if name == "blockquote":
            parent = self._open[-1] if self._open else None
            if parent is not None and parent.container:
                # From here on what the container holds beside its quotations was written between them.
                named = True
                self._depth -= parent.quotes
                parent.quotes = 0
            elif "gmail_quote" in attributes:
                named = False  # also what a person chose to set in; a reply's lies in a container
            opened.quotes = int(named or self._depth > 0 or self._introduced())
        elif attributes:
            self._divide(attributes)
            opened.quotes, opened.container = int(named), named
            if not self._signatures and _SIGNATURE.search(attributes):
                if self._line:
                    self._end_line()
                opened.signature = len(self._lines)
        if opened.quotes and self._line:
            self._end_line()
        self._depth += opened.quotes
        self._open.append(opened)

    def _close(self, closed: _Open) -> None:
        if self._line and (closed.quotes or closed.signature is not None):
            self._end_line()
        self._depth -= closed.quotes
        if closed.signature is not None:
            said = [line for line in self._lines[closed.signature :] if line.strip("> ")]
            if len(said) <= _LONGEST_SIGNATURE and not any("?" in line for line in said):
                del self._lines[closed.signature :]

    def _divide(self, attributes: str) -> None:
        """Say in words that an older mail begins, where the attributes say so."""
        if attributes and _DIVIDER.search(attributes):
            if self._line:
                self._end_line()
            if not self._lines or self._lines[-1] != ORIGINAL_LINE:
                self._line.append(ORIGINAL_LINE)
                self._end_line()

    def _introduced(self) -> bool:
        """Whether the last line says that a quotation follows; else a person set their own words in."""
        last = next((line for line in reversed(self._lines[-3:]) if line.strip("> ")), "")[-400:]
        return bool(ATTRIBUTION_END.search(last) or FRAME_END.search(last) or MAILBOX_LAST.search(last))

    def _blank(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._line = []
            self._end_line()

    def _end_line(self) -> None:
        mark = "> " * min(self._depth, _DEEPEST)
        self._lines.append((mark + "".join(self._line)).rstrip())
        self._line = []

    def text(self) -> str:
        """What was written; "" where it is quoted all."""
        if self._line:
            self._end_line()
        if not self._signatures and not any(line and not line.startswith("> ") for line in self._lines):
            return ""
        return "\n".join(self._lines).strip("\n")
