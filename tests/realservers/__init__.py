"""Diagnoses of real servers, each with one misconfiguration."""
