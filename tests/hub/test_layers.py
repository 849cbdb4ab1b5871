"""Imports point down, and no module escapes the contract that says so."""

import configparser
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / ".importlinter"


def contract() -> configparser.ConfigParser:
    parsed = configparser.ConfigParser()
    parsed.read(CONTRACT, encoding="utf-8")
    return parsed


def layers() -> list[list[str]]:
    """The modules of each layer, the highest first."""
    rows = contract()["importlinter:contract:layers"]["layers"].split("\n")
    return [[name.strip() for name in row.split("|")] for row in rows if row.strip()]


def packages() -> list[str]:
    return contract()["importlinter"]["root_packages"].split()


def modules() -> list[str]:
    """Every module of the product, by its dotted name."""
    found = []
    for package in packages():
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def test_imports_point_down_and_siblings_never_meet() -> None:
    # In a process of its own: the linter sets up logging for the whole of it.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"

    checked = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 kept, 0 broken" in checked.stdout


def test_every_module_is_in_a_layer_so_that_none_escapes() -> None:
    listed = {name for layer in layers() for name in layer}
    # A package that holds nothing of its own has no place in the order.
    bare = {"hub"} if not (ROOT / "hub" / "__init__.py").read_text().strip() else set()

    escaped = [
        name
        for name in modules()
        if name not in bare and not any(name == one or name.startswith(f"{one}.") for one in listed)
    ]

    assert escaped == []


def test_every_layer_is_there() -> None:
    """A name that no module has would be a rule about nothing."""
    listed = [name for layer in layers() for name in layer]

    assert len(listed) == len(set(listed))
    assert [name for name in listed if name not in set(modules())] == []


def test_every_package_that_ships_is_looked_at() -> None:
    shipped = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert set(packages()) == shipped


def test_no_import_is_excused() -> None:
    assert not {"ignore_imports", "exhaustive_ignores", "unmatched_ignore_imports_alerting"} & set(
        contract()["importlinter:contract:layers"]
    )
