"""Architectures: from a few keys to a `Network`."""
