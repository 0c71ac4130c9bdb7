"""What a network is made of: each layer knows its forward pass, its backward pass and nothing of its neighbours."""
