"""The hooks of the training loop; a callback overrides what it needs.

Callbacks remember nothing that `session.history` does not say, so a resumed run goes on as if never stopped.
"""

from fmnist.session import Session


class Callback:
    """Called in the order of the config."""

    def start(self, session: Session) -> None:
        """Before the first epoch, or the first after a resume."""

    def epoch(self, session: Session) -> None:
        """After each epoch; `session.history[-1]` is its row. Setting `session.stop` ends the training."""

    def finish(self, session: Session) -> None:
        """At the end, good or bad."""
