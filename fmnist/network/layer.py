"""The contract of a layer: the parameters that it declares, its forward pass and its backward pass."""

from collections.abc import Callable

from fmnist.engine.numpy import NumPy
from fmnist.interfaces import Array, Engine

Pass = tuple[Callable[[], None], Array]  # a bound operation, and the array that holds its result


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

    A leaf declares its parameters and binds its operations to arrays, see `Engine.bind`. An array's identity matters:
    a pass is bound once and then only run for as long as it gets the same array object, and is bound again when it
    gets another. So pass the same object while the batch size is the same, and write each batch into it.
    """

    engine: Engine = NumPy()
    needs_input_grad = True  # False for a network's first layer with parameters: it may leave ∂x out
    x: Array | None = None
    dy: Array | None = None
    train = False

    def parameters(self) -> dict[str, Parameter]:
        """By name; in a checkpoint the layer's own name stands before it: "dense1.W"."""
        return {}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        """What computes y from x, in training or in evaluation, and y."""
        raise NotImplementedError

    def bind_backward(self, dy: Array) -> Pass:
        """What computes ∂L/∂x and the parameters' ∂L/∂θ from dy, and ∂L/∂x, after a step from `self.x` to `self.y`.

        It may overwrite dy and y.
        """
        raise NotImplementedError

    def forward(self, x: Array, train: bool) -> Array:
        """y, which lives until the next call. What `backward` needs is kept if `train`."""
        if x is not self.x or train is not self.train:
            self.x, self.train, self.dy = x, train, None
            self.run_forward, self.y = self.bind_forward(x, train)
        self.run_forward()
        return self.y

    def backward(self, dy: Array) -> Array:
        """∂L/∂x from dy = ∂L/∂y, which may be overwritten; writes ∂L/∂θ."""
        if dy is not self.dy:
            self.dy = dy
            self.run_backward, self.dx = self.bind_backward(dy)
        self.run_backward()
        return self.dx
