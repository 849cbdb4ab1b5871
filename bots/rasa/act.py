"""Starts the server of actions, in Rasa's environment; the hub never imports this.

The folder is given a name of its own there: by its own it would stand in the way of the package `rasa`.
"""

import os
import runpy
import sys
import types

if __name__ == "__main__":
    package = types.ModuleType("carehub_rasa")
    package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules[package.__name__] = package
    sys.argv = ["rasa_sdk", "--actions", f"{package.__name__}.actions", *sys.argv[1:]]
    # What lies beside this file must not be taken for other packages.
    sys.path.pop(0)
    runpy.run_module("rasa_sdk", run_name="__main__")
