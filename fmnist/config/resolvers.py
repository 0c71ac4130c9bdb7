"""The OmegaConf resolvers of conf/config.yaml; importing this module registers them."""

import secrets
from datetime import datetime

from omegaconf import OmegaConf

from fmnist.config import check


def run_folder(resume: object) -> str:
    """The folder to go on in, or a new name that no other run has, even one started in the same instant."""
    check.text(resume=OmegaConf.to_container(resume) if OmegaConf.is_config(resume) else resume)
    return str(resume or f"outputs/{unique_name()}")


def sweep_folder(study: object) -> str:
    """The study's folder, or a new one."""
    check.name(study=OmegaConf.to_container(study) if OmegaConf.is_config(study) else study)
    return f"multirun/{study or unique_name()}"


def unique_name() -> str:
    return f"{datetime.now():%Y-%m-%d/%H-%M-%S}-{secrets.token_hex(3)}"


OmegaConf.register_new_resolver("run_folder", run_folder, use_cache=True)
OmegaConf.register_new_resolver("sweep_folder", sweep_folder, use_cache=True)
