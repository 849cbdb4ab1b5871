"""The search for canaries finds each of them, however it is written down."""

import base64
import gzip
import logging
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.canary import ALLOWED, CANARIES, Watch, found, watch
from tests.rows import every

AROUND = b"\x00\xff..."
WAYS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "plain": (lambda word: word.encode(), "plain"),
    "UTF-16, little end first": (lambda word: word.encode("utf-16-le"), "UTF-16"),
    "UTF-16, big end first": (lambda word: word.encode("utf-16-be"), "UTF-16"),
    "base64 at 0": (lambda word: base64.b64encode(b"xyz" + word.encode() + b"tail"), "base64"),
    "base64 at 1": (lambda word: base64.b64encode(b"x" + word.encode() + b"tail"), "base64"),
    "base64 at 2": (lambda word: base64.b64encode(b"xy" + word.encode()), "base64"),
    "gzip": (lambda word: gzip.compress(b"<" + word.encode() + b">"), "plain, packed"),
    "zlib, UTF-16": (lambda word: zlib.compress(word.encode("utf-16-le"), 1), "UTF-16, packed"),
    "gzip, base64": (lambda word: gzip.compress(base64.b64encode(word.encode())), "base64, packed"),
}


@every("way", WAYS)
@every("what", CANARIES)
def test_each_canary_is_found_in_each_disguise(way: str, what: str) -> None:
    write, how = WAYS[way]

    assert f"{what}, {how}" in found(AROUND + write(CANARIES[what]) + AROUND)


def test_it_is_found_in_a_member_of_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "planted.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("some.txt", "nothing")
        archive.writestr("letter.txt", CANARIES["number"])

    assert found((tmp_path / "planted.zip").read_bytes()) == ["number, plain, packed"]


def test_words_that_are_no_canary_and_noise_that_looks_packed_are_let_be() -> None:
    assert found(b"Ana said nothing\x1f\x8b\x08\x78\x9cPK\x03\x04" + bytes(range(256)) * 20) == []


@pytest.mark.parametrize("at", [0, 4090, 8192, 20_000])
def test_what_is_new_in_a_file_is_looked_at_and_what_was_seen_is_not_told_again(at: int) -> None:
    seen = bytes(range(256)) * 100
    word = CANARIES["what staff wrote"].encode()
    one = Watch()
    assert one.content(seen) == []

    changed = seen[:at] + word + seen[at + len(word) :]

    assert one.content(changed) == ["what staff wrote, plain"]
    assert one.content(changed) == []


def test_a_fault_names_the_file_and_what_may_be_there_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir()
    for name in ("planted/sent.log", "planted/asked.csv"):
        (tmp_path / name).write_text(CANARIES["what the patient wrote"], encoding="utf-16")

    told = Watch([("*", "*.csv", "asked for")]).folder(tmp_path, "tests/any.py")

    assert told == ["planted/sent.log: what the patient wrote, UTF-16"]


@pytest.mark.parametrize("name", ["messages-000001.jsonl", "one/messages-000123.csv"])
def test_an_export_may_be_plain_where_exports_are_tested_and_never_what_is_sealed(tmp_path: Path, name: str) -> None:
    for path in (tmp_path / "planted" / name, tmp_path / "planted" / f"{name}.sealed"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARIES["family name"], encoding="utf-8")

    told = Watch([one for one in ALLOWED if "messages" in one[1]]).folder(tmp_path, "tests/hub/exports/test_runs.py")

    assert told == [f"planted/{name}.sealed: family name, plain"]


def test_a_log_line_is_looked_at_as_the_hub_writes_it() -> None:
    logging.getLogger("some.room").error("said", extra={"values": {"text": CANARIES["what the patient wrote"]}})
    told = list(watch.faults)
    watch.faults.clear()

    assert told == ["a log line of some.room: what the patient wrote, plain"]
