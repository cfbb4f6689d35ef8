"""The version of this program: the build reads it here, reports and requests bear it."""

__version__ = "0.1.0"
