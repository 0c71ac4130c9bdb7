"""Random changes of the training images that keep their meaning."""
