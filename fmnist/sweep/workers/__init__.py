"""Where trials run: processes of this machine, or the jobs of a Hydra launcher."""
