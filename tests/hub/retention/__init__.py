"""Tests of retention and disposal."""
