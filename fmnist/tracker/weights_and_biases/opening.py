"""How a run of W&B is begun: online with credentials and a server that answers, or else offline."""

import os
import secrets
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from fmnist.errors import one_line
from fmnist.tracker.weights_and_biases.outage import Outage
from fmnist.tracker.weights_and_biases.service import drop_service

if TYPE_CHECKING:
    import wandb

MODES = ("auto", "online", "offline")
DATA_DIR = os.environ.get("WANDB_DATA_DIR")  # as the user has set it
SHORT = 160  # characters of an error of wandb in a warning

# Nothing on the terminal, and nothing about the machine that environment.json does not say.
QUIET: dict[str, Any] = {
    "silent": True,
    "quiet": True,
    "console": "off",
    "label_disable": True,
    "disable_code": True,
    "disable_git": True,
    "disable_job_creation": True,
    "finish_timeout_raises": True,
    "x_disable_machine_info": True,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_save_requirements": False,
}


class Opened(NamedTuple):
    """why: why it is offline, empty if it was asked to be.  is_news: the user has not been told."""

    run: "wandb.Run"
    online: bool
    why: str = ""
    is_news: bool = True


def is_disabled() -> bool:
    """WANDB_MODE=disabled: wandb is not even imported."""
    return os.environ.get("WANDB_MODE") == "disabled"


def open_run(folder: Path, mode: str, timeout: float, outage: Outage, init: dict[str, Any]) -> Opened:
    """The run's files go to folder/wandb/. `init` are the arguments of wandb.init; an `id` continues that run."""
    if DATA_DIR is None:  # where tables and artifacts wait for their upload
        os.environ["WANDB_DATA_DIR"] = str(folder.absolute() / "wandb")
    mode, why = prepare(timeout, mode)
    import wandb

    settings = quiet_settings(timeout)
    arguments = {"dir": str(folder), "settings": settings, "reinit": "create_new", **init}
    resume: Literal["allow"] | None = "allow" if arguments.get("id") else None
    arguments["id"] = arguments.get("id") or secrets.token_hex(4)  # the same if online fails
    is_news = True
    if mode == "online" and (known := outage.reason()):
        mode, why, is_news = "offline", known, False
    if mode == "online":
        try:
            return Opened(wandb.init(mode="online", resume=resume, **arguments), online=True)
        except Exception as error:
            why = one_line(error).partition(" Consider increasing")[0][:SHORT]
            outage.note(why)
            wandb.teardown()  # its service holds the id
            wandb.setup(settings)
    folder.mkdir(parents=True, exist_ok=True)
    return Opened(wandb.init(mode="offline", **arguments), False, why, is_news)


def quiet_settings(timeout: float) -> "wandb.Settings":
    import wandb

    return wandb.Settings(**QUIET, init_timeout=timeout, finish_timeout=timeout)


def prepare(timeout: float, mode: str) -> tuple[str, str]:
    """Set wandb up, and choose the mode."""
    # Crash reports would go to wandb's makers even when offline.
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    import wandb

    try:
        wandb.setup(quiet_settings(timeout)).ensure_service()  # nothing is printed from here on
    except Exception:  # it is another process's, and has ended
        drop_service()
        wandb.setup(quiet_settings(timeout))
    return choose_mode(mode)


def choose_mode(mode: str) -> tuple[str, str]:
    """online or offline, and why offline: without credentials no server is asked, and no user either."""
    import wandb
    from wandb.sdk.lib.wbauth import authenticate_session

    settings = wandb.setup().settings
    if mode == "offline" or (mode == "auto" and settings.mode == "offline"):
        return "offline", "" if mode == "offline" else "WANDB_MODE"
    try:
        key = authenticate_session(host=settings.base_url, source="fmnist", prompt=False, update_session=False)
    except wandb.Error as error:
        return "offline", one_line(error)
    return ("online", "") if key else ("offline", "no API key: wandb login")


def sync_command(folder: Path, run: "wandb.Run | None") -> str:
    """What uploads the files of an online run, or without one those of the folder's offline runs."""
    if run:
        return f"wandb sync --no-skip-online {relpath(run.settings.sync_dir)}"
    return f"wandb sync {relpath(folder)}/wandb/offline-run-*"


def mirror_command(folder: Path) -> str:
    return f"python -m fmnist mirror {relpath(folder)}"
