"""The command line's fixtures."""

from tests.hub.cli.running import _process_as_it_was, data, founded, run

__all__ = ["_process_as_it_was", "data", "founded", "run"]
