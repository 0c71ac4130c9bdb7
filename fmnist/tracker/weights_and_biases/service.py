"""The process behind wandb's client, wandb-core. Children inherit its address in WANDB_SERVICE, and may outlive it."""

import os
import threading
from contextlib import suppress

BRIEF = 1.0  # seconds behind the end of the client's own waits; and for a server that is known to fail


def drop_service() -> None:
    """End it, or leave that of another process; the next run in this process gets a new one."""
    quiet_threads()
    with suppress(BaseException):  # it was killed; a service that fails exits the interpreter
        import wandb

        wandb.teardown()
    os.environ.pop("WANDB_SERVICE", None)


def close_service() -> None:
    """Let the client write its files and end, in the background: the program must not wait for it when it exits."""
    thread = threading.Thread(target=drop_service, daemon=True)
    thread.start()
    with suppress(KeyboardInterrupt):
        thread.join(BRIEF)


def quiet_threads() -> None:
    """Threads of the client that have lost their service print no traceback."""
    others = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if not failed.exc_type.__module__.startswith("wandb"):
            others(failed)

    if getattr(others, "__module__", "") != __name__:  # once
        threading.excepthook = hook
