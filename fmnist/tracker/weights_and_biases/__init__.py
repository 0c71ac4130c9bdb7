"""What `tracker=wandb` is made of: a connection in a thread, and what is sent through it."""
