"""Project Wycheproof's AES-256-GCM vectors with 96-bit nonces, through the keyring's own `unwrap`."""

import base64
import json
from pathlib import Path

from hub.clock import SystemClock
from hub.crypto import Keyring
from hub.errors import KeyringWrong
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared
VECTORS = SHARED / "data/corpora/wycheproof/testvectors_v1/aes_gcm_test.json"


def test_published_vectors_open_or_are_refused_as_they_must(tmp_path: Path) -> None:
    vectors = [
        one
        for group in json.loads(VECTORS.read_text())["testGroups"]
        if (group["keySize"], group["ivSize"], group["tagSize"]) == (256, 96, 128)
        for one in group["tests"]
    ]
    outcomes = {}

    for one in vectors:
        ring, wrapped = (
            ring_of(one["key"], tmp_path / "keyring.json"),
            bytes.fromhex(one["iv"] + one["ct"] + one["tag"]),
        )
        try:
            outcomes[one["tcId"]] = ring.unwrap("kek-v", wrapped, bytes.fromhex(one["aad"])).hex()
        except KeyringWrong:
            outcomes[one["tcId"]] = "refused"

    assert outcomes == {one["tcId"]: one["msg"] if one["result"] == "valid" else "refused" for one in vectors}
    assert {one["result"] for one in vectors} == {"valid", "invalid"}


def ring_of(key: str, file: Path) -> Keyring:
    """A ring whose one key-encryption key is `key`."""
    Keyring.create(SystemClock().now()).save(file)
    data = json.loads(file.read_text())
    data["active"] = data["keys"][0]["id"] = "kek-v"
    data["keys"][0]["key"] = base64.b64encode(bytes.fromhex(key)).decode()
    file.write_text(json.dumps(data))
    return Keyring.load(file)
