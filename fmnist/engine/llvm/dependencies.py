"""What a function reads from outside: globals, closures, and attributes of modules."""

import builtins
import dis
import sys
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

LOADS = {"LOAD_GLOBAL", "LOAD_DEREF"}
VERSIONED = {"builtins", "math", "numpy"}  # what rules are made of
MISSING = "there is no such name"


class Read(NamedTuple):
    """`config.SLOPE` reads the attributes ("SLOPE",) of `config`, a name of the closure if `free`, else a global."""

    free: bool
    name: str
    attributes: tuple[str, ...] = ()


@cache
def reads(code: CodeType) -> dict[Read, None]:
    """What a function, and the functions inside it, read; the keys, in order."""
    found: list[Read] = []
    loaded = False
    for instruction in dis.get_instructions(code):
        name = instruction.argval
        if loaded and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            found[-1] = found[-1]._replace(attributes=(*found[-1].attributes, name))
        elif instruction.opname != "EXTENDED_ARG":
            loaded = instruction.opname in LOADS and name not in code.co_cellvars
            if loaded:
                found.append(Read(name in code.co_freevars, name))
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found += [read for read in reads(inner) if not read.free or read.name in code.co_freevars]
    return dict.fromkeys(found)


def find_dependencies(function: FunctionType) -> dict[Read, Any]:
    """The values read. Attributes of modules are followed as far as they lead through modules."""
    closure = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    found = {}
    for read in reads(function.__code__):
        if read.free:
            value = closure[read.name].cell_contents
        else:
            value = function.__globals__.get(read.name, getattr(builtins, read.name, MISSING))
        depth = 0
        while isinstance(value, ModuleType) and depth < len(read.attributes) and not is_versioned(value):
            value, depth = getattr(value, read.attributes[depth], MISSING), depth + 1
        found[read._replace(attributes=read.attributes[:depth])] = value
    return found


def is_versioned(value: Any) -> bool:
    """Is it a module, function or class that comes with Python or NumPy, and changes only with their version?"""
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0] in VERSIONED
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return (
        module is not None and is_versioned(module) and getattr(module, getattr(value, "__name__", ""), None) is value
    )
