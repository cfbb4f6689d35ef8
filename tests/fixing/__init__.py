"""Tests of ``cf525 fix``."""
