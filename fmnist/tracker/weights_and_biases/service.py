"""The process that wandb's client runs beside the program, and how it is ended."""

import threading
from contextlib import suppress

PATIENCE = 1.0  # seconds that the program waits for it


def teardown() -> None:
    with suppress(BaseException):
        import wandb

        wandb.teardown()


def close_service() -> None:
    """Let the client write its files and end, in the background: the program must not wait for it when it exits."""

    def ignore(failed: threading.ExceptHookArgs) -> None:
        if not failed.exc_type.__module__.startswith("wandb"):  # threads of its that have lost their service
            threading.__excepthook__(failed)

    threading.excepthook = ignore
    thread = threading.Thread(target=teardown, daemon=True)
    thread.start()
    with suppress(KeyboardInterrupt):
        thread.join(PATIENCE)
