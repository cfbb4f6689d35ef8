"""Renderers: every output format is made from the one report, and from nothing else."""
