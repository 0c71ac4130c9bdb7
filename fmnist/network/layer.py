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

    A leaf declares its parameters and binds operations to arrays. Binding takes longer than a small operation, so it
    is done once for as long as the arrays are the same objects: an array's identity matters, and a caller that has
    another batch of the same size writes it into the same array. An array that is not the last one is bound anew.
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
        """The forward pass of a training step, or of an evaluation, bound to x, and y."""
        raise NotImplementedError

    def bind_backward(self, dy: Array) -> Pass:
        """The backward pass of the last `bind_forward`, which is `self.x` → `self.y`, bound to dy, and ∂L/∂x.

        It writes ∂L/∂θ of the layer's parameters, and may overwrite dy and y.
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
