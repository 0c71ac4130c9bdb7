"""Activation functions σ with their derivatives σ′, elementwise."""
