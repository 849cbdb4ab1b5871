"""The clinic's words: every text the product itself sends, in English and Spanish.

1. `library/<language>/*.toml` holds the texts, each with its version, its variables and how much it may reveal.
2. `catalog` reads them once and refuses to start with a broken one.
3. `render` fills in one text for a language, a channel and the clinic's zone.
4. `segments` counts what an SMS is billed as.

A translation that is missing falls back to English, and what is rendered says so.
"""

from hub.types import Level
from templates.catalog import Catalog, load, shipped
from templates.model import Kind, Template
from templates.render import Rendered, render

__all__ = ["Catalog", "Kind", "Level", "Rendered", "Template", "load", "render", "shipped"]
