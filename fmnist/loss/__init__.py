"""Losses on logits: each includes the softmax, and so has an exact gradient."""
