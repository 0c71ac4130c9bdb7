"""The training loop and what it needs: batches, state, evaluation, objective."""
