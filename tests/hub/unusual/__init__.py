"""Tests of unusual access."""
