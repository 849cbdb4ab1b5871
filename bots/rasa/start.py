"""Starts Rasa, in its own Python 3.10; the hub never imports this.

The token comes out of the environment rather than the command line, where everybody on the machine could read it. What
is put on `sys.argv` here does not show outside.
"""

import os
import runpy
import sys
import warnings

if __name__ == "__main__":
    # What lies beside this file must not be taken for other packages.
    sys.path.pop(0)
    # Of its own packages, about each other.
    warnings.simplefilter("ignore")
    token = os.environ.pop("RASA_AUTH_TOKEN", "")
    sys.argv = ["rasa", *sys.argv[1:], *(["--auth-token", token] if token else [])]
    runpy.run_module("rasa", run_name="__main__")
