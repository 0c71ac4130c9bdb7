"""Hyperparameter search: what the Hydra sweeper plugin is made of."""
