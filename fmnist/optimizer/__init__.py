"""Optimizers, one file each with the paper's update rule. What they share is in `base`."""
