"""Augmentation: random changes of the training images that leave their labels right."""
