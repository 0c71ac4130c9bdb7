"""The border to the user: every mistake becomes one line on standard error and an exit code, never a traceback.

Set HYDRA_FULL_ERROR=1 to see the traceback all the same.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from errno import EDQUOT, EFBIG, ENOSPC
from os.path import relpath
from pathlib import Path
from typing import NoReturn

from hydra.core.hydra_config import HydraConfig
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fmnist.errors import ConfigError, FmnistError, closest, one_line
from fmnist.files.lock import remove_empty


@contextmanager
def user_errors() -> Iterator[None]:
    """Around `main` and inside it, for Hydra reports an error from within a job in its own way."""
    if os.environ.get("HYDRA_FULL_ERROR") == "1" and not os.environ.get("FMNIST_SHELL"):
        yield
        return
    # Hydra then hands us its errors instead of printing them; the second name marks that it was not the user's wish.
    os.environ["HYDRA_FULL_ERROR"] = os.environ["FMNIST_SHELL"] = "1"
    try:
        yield
    except FmnistError as error:
        fail(str(error), error.exit_code)
    except MissingConfigException as error:
        fail(unknown_option(error))
    except ConfigCompositionException as error:
        fail(unknown_key(error))
    except OverrideParseException as error:
        fail(f"{error.override}: cannot be read as key=value: {one_line(error)}")
    except (HydraException, OmegaConfBaseException) as error:
        fail(one_line(error))
    except ValueError as error:
        if "Config group override" not in str(error):
            raise
        fail(f"a group takes the name of one of its options: {one_line(error)}")
    except OSError as error:
        fail(not_written(error))
    except KeyboardInterrupt:
        folder = output_folder()
        fail("interrupted" + (f"; resume={relpath(folder)} goes on with it" if folder else ""), 130)


def fail(message: str, exit_code: int = 2) -> NoReturn:
    """Say it, leave no empty folder behind, and exit."""
    print(f"error: {message}", file=sys.stderr)
    if folder := output_folder():
        for empty in (folder, folder.parent):
            if empty == Path.cwd() or not remove_empty(empty):
                break
    raise SystemExit(exit_code) from None


def output_folder() -> Path | None:
    """The folder that Hydra has chosen for this job, if it came that far."""
    if not HydraConfig.initialized() or OmegaConf.is_missing(HydraConfig.get().runtime, "output_dir"):
        return None
    return Path(HydraConfig.get().runtime.output_dir)


def not_written(error: OSError) -> str:
    """A full disk, an unwritable folder, or another trouble with a file."""
    folder, reason = output_folder(), error.strerror or str(error)
    if error.errno in (ENOSPC, EDQUOT, EFBIG):
        then = f", then resume={relpath(folder)} goes on behind the last whole checkpoint" if folder else ""
        return f"the disk is full ({reason}): make room{then}"
    if folder is None:  # Hydra was about to make it
        key = "hydra.sweep.dir" if {"-m", "--multirun"} & {*sys.argv} else "hydra.run.dir"
        return f"{key}={error.filename}: allowed is a folder that can be written ({reason})"
    return f"{error.filename}: {reason}" if error.filename else reason


def unknown_option(error: MissingConfigException) -> str:
    """optimizer=adm: allowed is one of adadelta, … (did you mean adam?)."""
    if not error.missing_cfg_file or not error.options:
        return one_line(error)
    group, _, option = error.missing_cfg_file.rpartition("/")
    names = [name for name in error.options if not name.startswith("_")]
    return str(ConfigError(group, option, f"one of {', '.join(names)}{closest(option, names)}"))


def unknown_key(error: ConfigCompositionException) -> str:
    """optimizer.momentum=0.9: allowed is one of the keys lr, … ."""
    cause = error.__cause__
    key = getattr(cause, "full_key", None)
    parent = getattr(cause, "parent_node", None)
    if key and isinstance(parent, DictConfig):
        names = [str(name) for name in parent if not str(name).startswith("_")]
        last = key.rpartition(".")[2]
        return str(ConfigError(key, given(key), f"one of the keys {', '.join(names)}{closest(last, names)}"))
    return one_line(error)


def given(key: str) -> str:
    """The value that the command line gives to the key."""
    for word in sys.argv[1:]:
        name, _, value = word.lstrip("+~").partition("=")
        if name == key:
            return value
    return "…"


def run_folder(resume: str | None) -> str:
    """The folder to go on in, or a new name that no other run has, even one started in the same instant."""
    return resume or f"outputs/{unique()}"


def sweep_folder(study: str | None) -> str:
    """The study's folder, or a new one."""
    return f"multirun/{study or unique()}"


def unique() -> str:
    return f"{datetime.now():%Y-%m-%d/%H-%M-%S}-{secrets.token_hex(3)}"


OmegaConf.register_new_resolver("run_folder", run_folder, use_cache=True)
OmegaConf.register_new_resolver("sweep_folder", sweep_folder, use_cache=True)
