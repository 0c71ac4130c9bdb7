"""The study behind a sweep: its storage, its queue of trials, and the points that they try."""
