"""Kernels: machine code from a loop, compiled once, kept in the user's cache, loaded without Numba.

A kernel's file is named after everything that goes into it: the code of the loop and its rules, the kinds of the
arguments, how the engine compiles, the versions of Numba and LLVM, and the processor. So it is never stale and never
rewritten. Loading takes LLVM's loader and a millisecond; Numba itself is imported when a kernel is missing.
"""

import ctypes
import dis
import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from fmnist.engine.llvm.arguments import Arguments
from fmnist.files import atomic
from fmnist.files.cache import cache_root
from fmnist.terminal.console import echo

log = logging.getLogger("fmnist")


@cache
def machine() -> tuple[llvm.TargetMachine, llvm.ExecutionEngine]:
    """The processor, and the loader that holds all kernels of this process."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True
    )
    return target, llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)


@cache
def versions() -> str:
    """What all kernels depend on: how they are made, by whom and for which processor."""
    names = "arguments", "compile", "registers", "tile", "vector_math", "vectors"
    sources = [Path(__file__).with_name(f"{name}.py") for name in names]
    engine = sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return repr((engine, version("numba"), version("llvmlite"), version("numpy"), cpu))


LOADED: dict[Any, Callable[..., None]] = {}


def kernel(loop: FunctionType, arguments: Arguments) -> Callable[..., None]:
    """The kernel that runs `loop` on such arguments; called with their block."""
    asked = loop, tuple(arguments.kinds), arguments.constants
    if asked not in LOADED:  # a key is slow to make, and arguments are bound anew several times an epoch
        parts = versions(), described(loop), arguments.kinds, list(map(described, arguments.constants))
        LOADED[asked] = load(sha256(repr(parts).encode()).hexdigest(), loop, arguments)
    return LOADED[asked]


def described(value: Any) -> Any:
    """All of a function that decides what it computes: its code, its constants, and what its names stand for."""
    if isinstance(value, FunctionType):
        names = [(name, described(found)) for name, found in globals_of(value).items()]
        cells = [described(cell.cell_contents) for cell in value.__closure__ or ()]
        return described(value.__code__), names, cells, value.__defaults__
    if isinstance(value, CodeType):
        return value.co_code, [described(const) for const in value.co_consts], value.co_names, value.co_varnames
    if isinstance(value, type):
        return value.__qualname__, getattr(value, "_fields", ())
    if isinstance(value, ModuleType):
        return value.__name__
    return repr(value) if isinstance(value, int | float | str | np.generic) else None


def globals_of(function: FunctionType) -> dict[str, Any]:
    """What the names of a function stand for that are not its own."""
    names = {found.argval for found in dis.get_instructions(function.__code__) if found.opname == "LOAD_GLOBAL"}
    return {name: function.__globals__[name] for name in sorted(names) if name in function.__globals__}


def load(key: str, loop: FunctionType, arguments: Arguments) -> Callable[..., None]:
    """From disk; if it is not there, compiled by one process while the others wait."""
    folder = cache_root() / "kernels"
    file, name = folder / f"{loop.__name__}-{key[:32]}.o", f"kernel_{key}"
    target, engine = machine()
    if not file.exists():
        with one_at_a_time(file.with_suffix(".lock")):
            if not file.exists():
                from fmnist.engine.llvm.compile import compiled  # Numba

                announce()
                log.info("engine: compiling %s", " of ".join((loop.__name__, *arguments.rules)))
                code = target.emit_object(compiled(loop, arguments, name))
                with suppress(OSError):  # a cache that cannot be written is none
                    atomic.write(file, lambda out: out.write(code))
                return added(engine, code, name)
    return added(engine, file.read_bytes(), name)


@cache
def announce() -> None:
    """Why a first run waits."""
    echo("compiling kernels for this processor; they are kept, so this happens once")


def added(engine: llvm.ExecutionEngine, code: bytes, name: str) -> Callable[..., None]:
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    function = ctypes.PYFUNCTYPE(None)(engine.get_function_address(name))
    function.argtypes = None  # type: ignore[assignment]  # the block goes in as it is, which is the fastest way in
    return function


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Between processes; without a cache that can be written, each is on its own."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = open(file, "wb")  # noqa: SIM115
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)
