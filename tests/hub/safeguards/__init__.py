"""Tests of how safeguards stand."""
