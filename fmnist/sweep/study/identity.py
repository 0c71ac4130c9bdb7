"""What a resumed sweep must share with the study that it goes on with: space, objectives, settings of all trials."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from optuna.study import Study

from fmnist.errors import FmnistError

IDENTITY = "identity"  # user attribute of the study
PATIENCE = 60.0  # seconds to wait for another process that is just creating the study


def check_identity(study: Study, identity: Mapping[str, Any]) -> None:
    """Refuse to go on with a study that was begun with another search.

    Raises:
        FmnistError: it was; the message names each difference.
    """
    until = time.monotonic() + PATIENCE
    while (stored := study.user_attrs.get(IDENTITY)) is None and time.monotonic() < until:
        time.sleep(0.1)
    ours = json.loads(json.dumps(dict(identity)))
    if stored is None or stored == ours:
        return
    found = [f"{key} was {json.dumps(old)}, is {json.dumps(new)}" for key, old, new in differences(stored, ours)]
    raise FmnistError(
        f"study={study.study_name} was begun as another search: {'; '.join(found)}; choose another study="
    )


def differences(a: Any, b: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two plain values differ: the path of keys and both values."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted({*a, *b}):
            yield from differences(a.get(name), b.get(name), f"{key} {name}".strip())
    elif a != b:
        yield key, a, b
