"""An operation and its compiled loop are declared together, and noticed when they do not fit."""

import runpy
from importlib import import_module
from inspect import signature
from pkgutil import walk_packages
from typing import Any

import pytest

import fmnist
from fmnist.engine import loops
from fmnist.engine.operation import Operation, operation
from options import ROOT


def operations() -> list[Operation]:
    """All that the project declares."""
    names = [module.name for module in walk_packages(fmnist.__path__, "fmnist.")]
    modules = [import_module(name) for name in names if ".llvm" not in name and "__main__" not in name]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Operation)]
    return list(dict.fromkeys(found))


def names(function: Any) -> list[str]:
    return list(signature(function).parameters)


@pytest.mark.parametrize("declared", operations(), ids=lambda declared: declared.name)
def test_an_operation_has_a_loop_with_the_same_parameters(declared: Operation) -> None:
    assert declared.loop is not None
    assert names(declared.loop) == names(declared.function) + ["scratch"] * declared.product


def test_all_operations_of_a_training_step_are_declared() -> None:
    assert {declared.name for declared in operations()} >= {
        *("gather", "rescale", "forward_product", "weight_gradient", "input_gradient", "activate", "activate_backward"),
        *("batch_norm", "batch_norm_backward", "layer_norm", "layer_norm_backward", "drop", "drop_backward"),
        *("loss", "update"),
    }


@pytest.mark.parametrize("module", ["activate", "batch_norm", "layer_norm", "dropout"])
def test_a_renamed_loop_is_noticed_at_import(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"dropout": "drop"}.get(module, module)
    monkeypatch.delattr(loops, name)
    with pytest.raises(AttributeError, match=name):
        runpy.run_path(str(ROOT / "fmnist" / "network" / f"{module}.py"))


def test_a_loop_with_other_parameters_is_noticed_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "drop", loops.drop_backward)
    with pytest.raises(TypeError, match=r"^the loop of drop has the parameters \(mask, d\), it needs \(u, p, scale,"):
        runpy.run_path(str(ROOT / "fmnist" / "network" / "dropout.py"))


def test_an_operation_is_called_like_its_function() -> None:
    def fill(x: list[int]) -> None:
        x[:] = [3]

    results: list[int] = []
    operation(fill)(fill)(results)
    assert results == [3]
