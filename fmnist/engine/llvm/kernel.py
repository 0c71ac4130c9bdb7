"""Kernels: machine code from a loop, compiled once, kept in the user's cache, loaded without Numba.

A kernel's file is named after everything that goes into it: the loop and its rules with all that they depend on
(fingerprint.py), the kinds of the arguments, how the engine compiles, the versions of Python, NumPy, Numba and LLVM,
and the processor. So it is never stale. What cannot be described like this is compiled each time. Damaged files and
those of others are not loaded (store.py).
Loading takes LLVM's loader and a millisecond; Numba itself is imported when a kernel is missing.
"""

import ctypes
import logging
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import version
from itertools import count
from pathlib import Path
from platform import python_version
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm

from fmnist.engine.llvm import store
from fmnist.engine.llvm.arguments import Arguments
from fmnist.engine.llvm.fingerprint import hash_values
from fmnist.terminal.console import echo

log = logging.getLogger("fmnist")

LOADED: dict[str, Callable[..., None]] = {}  # by key
UNKEPT = count()


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
    sources = sorted(Path(__file__).parent.glob("*.py"))
    engine = sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    packages = (version(package) for package in ("numba", "llvmlite", "numpy"))
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return sha256(repr((engine, python_version(), *packages, *cpu)).encode()).hexdigest()


def bind(loop: FunctionType, arguments: tuple[Any, ...]) -> Callable[[], None]:
    """`loop(*arguments)` as machine code, ready to be called again and again.

    Raises:
        Exception: whatever Numba makes of a loop or a rule that it cannot compile.
    """
    packed = Arguments(arguments)
    return partial(get_kernel(loop, packed), packed.block)


def get_kernel(loop: FunctionType, arguments: Arguments) -> Callable[..., None]:
    """The kernel that runs `loop` on such arguments; called with their block."""
    of_loop = hash_loop(loop)
    key = of_loop and hash_values(versions(), of_loop, arguments.kinds, arguments.constants)
    if key is None:
        name = f"kernel_{next(UNKEPT)}"
        return add(build(loop, arguments, name), name)
    if key not in LOADED:
        LOADED[key] = load(key, loop, arguments)
    return LOADED[key]


@cache
def hash_loop(loop: FunctionType) -> str | None:
    """Once in a process: unlike a rule, a loop reads nothing that changes while it runs."""
    return hash_values(loop)


def load(key: str, loop: FunctionType, arguments: Arguments) -> Callable[..., None]:
    """From disk; if it is not there, or damaged, compiled by one process while the others wait."""
    name, folder = f"kernel_{key}", store.folder()
    if folder is None:
        return add(build(loop, arguments, name), name)
    file = folder / f"{loop.__name__}-{key[:32]}.o"
    code = store.read(file, key)
    if code is None:
        with store.one_at_a_time(file):
            code = store.read(file, key)
            if code is None:
                code = build(loop, arguments, name)
                store.write(file, key, code)
    return add(code, name)


def build(loop: FunctionType, arguments: Arguments, name: str) -> bytes:
    """Machine code with the function `name`."""
    from fmnist.engine.llvm.compile import compile_loop  # Numba

    announce()
    log.info("engine: compiling %s", " of ".join((loop.__name__, *arguments.rules)))
    return machine()[0].emit_object(compile_loop(loop, arguments, name))


@cache
def announce() -> None:
    """Why a first run waits."""
    echo("compiling kernels for this processor; they are kept, so this happens once")


def add(code: bytes, name: str) -> Callable[..., None]:
    """The function `name` of an object file, in this process."""
    _, engine = machine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    function = ctypes.PYFUNCTYPE(None)(engine.get_function_address(name))
    function.argtypes = None  # type: ignore[assignment]  # the block goes in as it is, which is the fastest way in
    return function
