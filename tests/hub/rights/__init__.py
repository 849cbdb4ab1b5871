"""Tests of what persons may ask for by right."""
