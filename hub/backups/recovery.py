"""A copy of the keyring that opens by some of several sheets of paper: whoever has fewer has nothing.

The copy is sealed under a random key of its own; that key is split, and each share written as words of a published
list, each sheet with a checksum, so that it can be typed in from paper.

Source: SLIP-0039, Shamir's Secret-Sharing for Mnemonic Codes.
"""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from hub.backups.sealing import make_folder
from hub.crypto import DataKey, Keyring, Place
from hub.errors import InputError, SealBroken

__all__ = ["MOST_SHARES", "SEALED", "recover", "split"]

SEALED = "keyring.sealed"
MOST_SHARES = 16
_PLACE = Place("recovery", "keyring", "")


def split(ring: Keyring, out: Path, shares: int, threshold: int, clinic: str, now: datetime) -> list[Path]:
    """Write a sealed copy of the keyring, and so many sheets, into the new folder `out`; the sheets. Blocks.

    threshold: how many sheets open it, 2 or more. The copy opens without a key service. Raises: InputError.
    """
    if not 2 <= threshold <= shares <= MOST_SHARES:
        raise InputError(f"the threshold must be 2 or more, and no more than the shares; {MOST_SHARES} shares at most")
    secret = secrets.token_bytes(32)
    (found,) = generate_mnemonics(1, [(threshold, shares)], secret)
    make_folder(out)
    _write(out / SEALED, DataKey(secret, 1).seal(ring.encoded(), _PLACE))
    made = []
    for number, words in enumerate(found, 1):
        sheet = out / f"share-{number}.txt"
        _write(sheet, _sheet(words, number, shares, threshold, clinic, now, ring.ids).encode())
        made.append(sheet)
    return made


def recover(folder: Path, given: Sequence[str], target: Path) -> Keyring:
    """The keyring again, written to the new file `target`, by the words of enough sheets. Blocks.

    Raises: InputError when they are too few, mistyped, or of other sheets.
    """
    try:
        sealed = (folder / SEALED).read_bytes()
    except OSError:
        raise InputError(f"there is no {SEALED} in {folder}") from None
    try:
        secret = combine_mnemonics([" ".join(one.lower().split()) for one in given])
        opened = DataKey(secret, 1).open(sealed, _PLACE)
    except MnemonicError:
        raise InputError("the shares are too few, not of one set, or a word is mistyped") from None
    except SealBroken:
        raise InputError("these shares are of another copy of the keyring") from None
    if target.exists():
        raise InputError(f"there is something at {target}: name a new file")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(target, opened)
    return Keyring.load(target)


def _sheet(words: str, number: int, shares: int, threshold: int, clinic: str, now: datetime, ids: Sequence[str]) -> str:
    each = words.split()
    rows = [
        "   ".join(f"{n + 1:2}. {each[n]:<10}" for n in range(k, min(k + 4, len(each)))) for k in range(0, len(each), 4)
    ]
    table = "\n".join(row.rstrip() for row in rows)
    return f"""\
CAREHUB: RECOVERY OF THE KEYRING                                    share {number} of {shares}

{clinic}, {now:%Y-%m-%d}. Keys: {", ".join(ids)}

Any {threshold} of these {shares} sheets open the sealed copy of the keyring. One alone opens nothing.
Print it, give it to its holder, who keeps it apart from the others, and delete this file.
Once the keys are rotated, new sheets are made and these are destroyed.

{table}

To use it, with the folder that holds {SEALED}:

    hub keys recover FOLDER --to keyring.json

It asks for the words of {threshold} sheets, without the numbers.
"""


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
