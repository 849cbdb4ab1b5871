"""The hub, loaded: what processes that are to run it are forked from."""

import gc

import tests.hub.jobs.rig  # noqa: F401 - all of it is loaded for whoever is forked

gc.freeze()  # a child that collected it all would first have to copy it
