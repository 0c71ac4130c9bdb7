"""Optimizers: one file each, the paper's update rule and nothing else. The shared rest is in `base`."""
