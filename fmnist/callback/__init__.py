"""What happens around the training loop: checkpoints, early stopping, progress on the console."""
