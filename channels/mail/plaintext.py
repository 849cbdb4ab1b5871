"""HTML of a mail as the text that a person would read; what a program quoted is marked with `>`.

The HTML is first rebuilt by a parser that browsers' rules hold for (nh3), which leaves a dozen harmless tags; what is
left is well formed and is read from front to back once.
"""

import html
import re

_TAGS = {"p", "div", "br", "hr", "li", "ul", "ol", "tr", "td", "th", "table", "blockquote", "pre"} | {
    f"h{n}" for n in range(1, 7)
}
_DROPPED = {"script", "style", "title", "head", "template", "noscript", "svg", "math", "object", "iframe", "textarea"}
_ATTRIBUTES = {"div": {"class", "id"}, "blockquote": {"class"}, "p": {"class"}}
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
_QUOTE = re.compile(
    r"gmail_quote|yahoo_quoted|protonmail_quote|zmail_extra|moz-cite|divRplyFwdMsg|mail-editor-reference"
)
_BLOCKS = _TAGS - {"br", "hr", "td", "th"}
_DEEPEST = 6
"""Quotations within quotations that are told apart."""
_DEEPEST_ELEMENT = 1_000
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
    writer = _Writer()
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


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        # For each open element that may quote, whether it does.
        self._open: list[tuple[str, bool]] = []
        self._depth = 0
        self._as_is = 0

    def words(self, raw: str) -> None:
        if not raw:
            return
        text = html.unescape(raw).replace("\u00a0", " ")
        if self._as_is:
            first, *more = text.split("\n")
            self._line.append(first)
            for line in more:
                self._end_line()
                self._line.append(line)
            return
        squeezed = re.sub(r"\s+", " ", text)
        if squeezed == " " and not self._line:
            return
        self._line.append(squeezed if self._line else squeezed.lstrip())

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name in ("br", "hr"):
            if name == "hr" and self._line:
                self._end_line()
            if name == "hr":
                self._line.append("________________")
            self._end_line()
            return
        if name in ("td", "th"):
            if not closing and self._line:
                self._line.append(" ")
            return
        if self._line:
            self._end_line()
        if name in ("p", "blockquote", "pre") or name.startswith("h"):
            self._blank()
        if name == "pre":
            self._as_is = max(0, self._as_is + (-1 if closing else 1))
        if name in ("div", "blockquote"):
            self._nest(name, closing, attributes)
        if name == "li" and not closing:
            self._line.append("- ")

    def _nest(self, name: str, closing: bool, attributes: str) -> None:
        if not closing:
            quotes = name == "blockquote" or _QUOTE.search(attributes) is not None
            self._open.append((name, quotes))
            self._depth += quotes
        elif self._open and self._open[-1][0] == name:
            self._depth -= self._open.pop()[1]

    def _blank(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._line = []
            self._end_line()

    def _end_line(self) -> None:
        mark = "> " * min(self._depth, _DEEPEST)
        self._lines.append((mark + "".join(self._line)).rstrip())
        self._line = []

    def text(self) -> str:
        if self._line:
            self._end_line()
        return "\n".join(self._lines).strip("\n")
