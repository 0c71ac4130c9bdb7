"""A task that does nothing, under fmnist's config: what a sweep costs without training. See cost.py."""

import hydra
from omegaconf import DictConfig

from fmnist.config import resolvers  # noqa: F401  conf/config.yaml uses them
from fmnist.terminal.user_errors import user_errors


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(_config: DictConfig) -> float:
    return 0.5


if __name__ == "__main__":
    with user_errors():
        main()
