"""What axe-core finds on a page as it stands."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

__all__ = ["violations"]

_RUN = """
async (colours) => {
  const rules = { "color-contrast": { enabled: colours } };
  const found = await axe.run({ resultTypes: ["violations"], rules });
  return found.violations.map((one) => [one.id, one.nodes.map((node) => node.target)]);
}
"""
"""Only what is wrong is handed over: what passes is thirty times as much."""


async def violations(page: Page, *, colours: bool = True) -> list[Any]:
    """Each rule that is broken, with where: nothing, on a page that everyone can use.

    colours: whether they, too, are looked at, which is two thirds of the work.
    """
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE_SCRIPT)
    return list(await page.evaluate(_RUN, colours))
