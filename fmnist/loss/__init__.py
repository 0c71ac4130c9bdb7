"""Losses on logits. Softmax belongs to the loss, which owns its exact gradient."""
