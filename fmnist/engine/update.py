"""The loop of an optimizer's update, written out for a rule's number of state vectors and constants."""

from functools import cache
from types import FunctionType
from typing import Any


def update_loop(
    rule: Any, scalars: Any, h: Any, decay: Any, bounds: Any, theta: Any, g: Any, *state: Any
) -> FunctionType:
    """One pass over θ, ∇θ and the state: first what decays, then the rest."""
    return write(states=len(state), constants=len(scalars._fields))


@cache
def write(states: int, constants: int) -> FunctionType:
    s = [f"s{j}" for j in range(states)]
    elements = "".join(f", {name}[i]" for name in s)
    source = f"""
def update(rule, scalars, h, decay, bounds, theta, g{"".join(f", {name}" for name in s)}):
    c = scalars({", ".join(f"h[{j}]" for j in range(constants))})
    keep, pull = decay[0], decay[1]
    for i in range(bounds[0]):
        kept = keep * theta[i]
        theta[i]{elements}{"," if not s else ""} = rule(kept, g[i] + pull * kept{elements}, c)
    for i in range(bounds[0], bounds[1]):
        theta[i]{elements}{"," if not s else ""} = rule(theta[i], g[i]{elements}, c)
"""
    names: dict[str, Any] = {}
    exec(source, names)
    loop: FunctionType = names["update"]
    return loop
