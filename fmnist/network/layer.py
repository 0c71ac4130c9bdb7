"""The contract of a layer: the parameters that it declares, and what its two passes run."""

from collections.abc import Callable

from fmnist.engine.numpy import NumPy
from fmnist.interfaces import Array, Engine

Operation = Callable[[], object]  # bound to its arrays
Pass = tuple[list[Operation], Array]  # what to run, and the array that holds the result


class Parameter:
    """An array that a layer owns; `value` and its gradient `grad` are views that `build_network` hands out.

    Without `start` it is a weight matrix (fan_in, fan_out), which begins at the model's init and decays. With `start`
    it begins there and never decays: a bias, a norm's γ and β. If it is not `trained`, it has no gradient but is
    part of a checkpoint: a running mean.
    """

    value: Array
    grad: Array

    def __init__(self, *shape: int, start: float | None = None, trained: bool = True) -> None:
        self.shape, self.start, self.trained = shape, start, trained


class Layer:
    """One differentiable step of a network, y = f(x).

    An example is a row: x is (n, d), y is (n, d'). A convolution reads its rows as images, whose shape it is given.

    A leaf declares its parameters and binds the operations of its two passes to arrays, see `Engine.bind`. The network
    runs them in every step, and has them bound again when it gets another array or turns from training to evaluation.
    """

    engine: Engine = NumPy()
    needs_input_grad = True  # False for a network's first layer with parameters: it may leave ∂x out

    def parameters(self) -> dict[str, Parameter]:
        """By name; in a checkpoint the layer's own name stands before it: "dense1.W"."""
        return {}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        """What computes y from x, in training or in evaluation. y is the same memory whenever n is the same."""
        raise NotImplementedError

    def bind_backward(self, dy: Array) -> Pass:
        """What computes ∂L/∂x and the parameters' ∂L/∂θ from dy = ∂L/∂y, after the last `bind_forward`.

        It may overwrite dy and y.
        """
        raise NotImplementedError
