"""What is compared with PyTorch: one line a case, the same numbers for both sides, and no import of torch.

A case names our option with its changes (`ours`), and says the same to PyTorch (`theirs`): as a class with its
arguments, or as an expression of torch's own modules.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fmnist.interfaces import Array

GOLDEN = Path(__file__).parent / "golden"
Results = dict[str, Array]  # what a case yields, by name


class Case(NamedTuple):
    id: str
    option: str  # the YAML file
    ours: dict[str, Any]  # changes of its keys
    theirs: Any


# ---- optimizers: a noisy valley, weights (decayed) and biases (spared)

STEPS = 100
KEPT = [1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 50, 100]  # RAdam passes its threshold at step 6
LONG = 2000

OPTIMIZERS = [
    Case("sgd", "sgd", {}, ("SGD", {"lr": 0.1})),
    Case("sgd-l2", "sgd", {"weight_decay": 0.1}, ("SGD", {"lr": 0.1, "weight_decay": 0.1})),
    Case("momentum", "momentum", {}, ("SGD", {"lr": 0.01, "momentum": 0.9})),
    Case(
        "momentum-l2",
        "momentum",
        {"momentum": 0.8, "weight_decay": 0.1},
        ("SGD", {"lr": 0.01, "momentum": 0.8, "weight_decay": 0.1}),
    ),
    Case("nesterov", "nesterov", {}, ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True})),
    Case(
        "nesterov-l2",
        "nesterov",
        {"weight_decay": 0.1},
        ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ),
    Case("adam", "adam", {}, ("Adam", {"lr": 0.001})),
    Case("adam-l2", "adam", {"lr": 0.01, "weight_decay": 0.1}, ("Adam", {"lr": 0.01, "weight_decay": 0.1})),
    Case("adam-betas", "adam", {"beta1": 0.5, "beta2": 0.9, "eps": 0.1}, ("Adam", {"betas": (0.5, 0.9), "eps": 0.1})),
    Case("adamw", "adamw", {}, ("AdamW", {"lr": 0.001, "weight_decay": 0.01})),
    Case("adamw-strong", "adamw", {"lr": 0.01, "weight_decay": 0.5}, ("AdamW", {"lr": 0.01, "weight_decay": 0.5})),
    Case("amsgrad", "amsgrad", {}, ("Adam", {"lr": 0.001, "amsgrad": True})),
    Case("amsgrad-short", "amsgrad", {"beta2": 0.5}, ("Adam", {"lr": 0.001, "betas": (0.9, 0.5), "amsgrad": True})),
    Case(
        "amsgrad-decoupled",
        "amsgrad",
        {"weight_decay": 0.1, "decoupled": True},
        ("AdamW", {"lr": 0.001, "weight_decay": 0.1, "amsgrad": True}),
    ),
    Case("adamax", "adamax", {}, ("Adamax", {"lr": 0.002})),
    Case(
        "adamax-l2",
        "adamax",
        {"beta2": 0.9, "weight_decay": 0.1},
        ("Adamax", {"betas": (0.9, 0.9), "weight_decay": 0.1}),
    ),
    Case("nadam", "nadam", {}, ("NAdam", {"lr": 0.001})),
    Case("nadam-keras", "nadam", {"momentum_decay": 1.0}, ("NAdam", {"lr": 0.001, "momentum_decay": 1.0})),
    Case("nadam-optax", "nadam", {"momentum_decay": np.inf}, ("NAdam", {"lr": 0.001, "momentum_decay": np.inf})),
    Case("nadam-l2", "nadam", {"weight_decay": 0.1}, ("NAdam", {"lr": 0.001, "weight_decay": 0.1})),
    Case(
        "nadam-decoupled",
        "nadam",
        {"weight_decay": 0.1, "decoupled": True},
        ("NAdam", {"lr": 0.001, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ),
    Case("radam", "radam", {}, ("RAdam", {"lr": 0.001})),
    Case("radam-late", "radam", {"beta2": 0.9}, ("RAdam", {"betas": (0.9, 0.9)})),
    Case("radam-never", "radam", {"beta2": 0.5}, ("RAdam", {"betas": (0.9, 0.5)})),
    Case(
        "radam-decoupled",
        "radam",
        {"weight_decay": 0.1, "decoupled": True},
        ("RAdam", {"lr": 0.001, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ),
    Case("adagrad", "adagrad", {}, ("Adagrad", {"lr": 0.01})),
    Case("adagrad-l2", "adagrad", {"eps": 0.1, "weight_decay": 0.1}, ("Adagrad", {"eps": 0.1, "weight_decay": 0.1})),
    Case("adadelta", "adadelta", {}, ("Adadelta", {"lr": 1.0, "rho": 0.9, "eps": 1e-6})),
    Case("adadelta-l2", "adadelta", {"rho": 0.5, "weight_decay": 0.1}, ("Adadelta", {"rho": 0.5, "weight_decay": 0.1})),
    Case("rmsprop", "rmsprop", {}, ("RMSprop", {"lr": 0.001, "alpha": 0.9, "eps": 1e-8})),
    Case(
        "rmsprop-l2",
        "rmsprop",
        {"rho": 0.99, "eps": 0.1, "weight_decay": 0.1},
        ("RMSprop", {"lr": 0.001, "alpha": 0.99, "eps": 0.1, "weight_decay": 0.1}),
    ),
]
IN_FLOAT32 = ["momentum", "nesterov", "adam", "adamw", "amsgrad", "nadam", "radam", "rmsprop", "adagrad", "adadelta"]
SHAPES = {"W": (3, 2)}, {"b": (2,)}
THETA = np.random.default_rng(10).normal(size=8)
CURVATURE = np.logspace(-2, 0.5, 8)
NOISE = np.random.default_rng(11).normal(size=(LONG, 8)) * np.logspace(-2, 1, 8)


def slope(theta: Array, step: int) -> Array:
    """∇ of ½ Σ λθ² with noise, in θ's own precision."""
    return (CURVATURE * theta + NOISE[step]).astype(theta.dtype)


# ---- activations

Z = np.concatenate([np.linspace(-6, 6, 61), [-700, -30, 30, 700]])

ACTIVATIONS: list[Case] = [
    Case("relu", "relu", {}, lambda F, z: F.relu(z)),
    Case("leaky_relu", "leaky_relu", {}, lambda F, z: F.leaky_relu(z)),
    Case("leaky_relu-steep", "leaky_relu", {"slope": 0.2}, lambda F, z: F.leaky_relu(z, 0.2)),
    Case("elu", "elu", {}, lambda F, z: F.elu(z)),
    Case("elu-half", "elu", {"alpha": 0.5}, lambda F, z: F.elu(z, 0.5)),
    Case("gelu", "gelu", {}, lambda F, z: F.gelu(z, approximate="tanh")),
    Case("identity", "identity", {}, lambda F, z: F.leaky_relu(z, 1.0)),
    Case("mish", "mish", {}, lambda F, z: F.mish(z)),
    Case("sigmoid", "sigmoid", {}, lambda F, z: F.sigmoid(z)),
    Case("softplus", "softplus", {}, lambda F, z: F.softplus(z, threshold=1000)),
    Case("swish", "swish", {}, lambda F, z: F.silu(z)),
    Case("swish-sharp", "swish", {"beta": 2.0}, lambda F, z: F.silu(2 * z) / 2),
    Case("tanh", "tanh", {}, lambda F, z: F.tanh(z)),
]

# ---- losses

LOGITS = np.random.default_rng(20).normal(0, 3, (12, 10))
LABELS = np.random.default_rng(21).integers(0, 10, 12)


def focal(gamma: float) -> Callable[[Any, Any, Any], Any]:
    """As the paper writes it; the gradient is autograd's."""

    def loss(F: Any, z: Any, y: Any) -> Any:
        log_p = F.log_softmax(z, 1).gather(1, y[:, None])
        return (-((1 - log_p.exp()) ** gamma) * log_p).mean()

    return loss


LOSSES: list[Case] = [
    Case("cross_entropy", "cross_entropy", {}, lambda F, z, y: F.cross_entropy(z, y)),
    Case(
        "cross_entropy-smooth",
        "cross_entropy",
        {"label_smoothing": 0.1},
        lambda F, z, y: F.cross_entropy(z, y, label_smoothing=0.1),
    ),
    Case("focal", "focal", {}, focal(2)),
    Case("focal-half", "focal", {"gamma": 0.5}, focal(0.5)),
    Case("focal-zero", "focal", {"gamma": 0.0}, lambda F, z, y: F.cross_entropy(z, y)),
    Case("mse", "mse", {}, lambda F, z, y: F.mse_loss(F.softmax(z, 1), F.one_hot(y, z.shape[1]).to(z.dtype))),
]

# ---- schedulers: ours at i / PERIODS, theirs after i steps

PERIODS = 48  # divisible by the number of plateaus
PEAK = 0.3 * (PERIODS + 1) - 1  # PyTorch's one-cycle has its peak at this step of PERIODS, the last of PERIODS + 1

SCHEDULERS: list[Case] = [
    Case("constant", "constant", {}, lambda s, o: s.ConstantLR(o, factor=1.0)),
    Case("cosine", "cosine", {}, lambda s, o: s.CosineAnnealingLR(o, T_max=PERIODS)),
    Case("cosine-floor", "cosine", {"final": 0.1}, lambda s, o: s.CosineAnnealingLR(o, T_max=PERIODS, eta_min=0.1)),
    Case("exponential", "exponential", {"final": 0.9**PERIODS}, lambda s, o: s.ExponentialLR(o, gamma=0.9)),
    Case("linear", "linear", {}, lambda s, o: s.LinearLR(o, start_factor=1, end_factor=0, total_iters=PERIODS)),
    Case(
        "linear-up",
        "linear",
        {"start": 0.25, "final": 1.0},
        lambda s, o: s.LinearLR(o, start_factor=0.25, total_iters=PERIODS),
    ),
    Case("step", "step", {}, lambda s, o: s.StepLR(o, step_size=PERIODS // 4, gamma=0.3)),
    Case(
        "step-often", "step", {"drops": 11, "gamma": 0.5}, lambda s, o: s.StepLR(o, step_size=PERIODS // 12, gamma=0.5)
    ),
    Case(
        "one_cycle", "one_cycle", {"warmup": PEAK / PERIODS}, lambda s, o: s.OneCycleLR(o, 1.0, total_steps=PERIODS + 1)
    ),
    Case(
        "one_cycle-mild",
        "one_cycle",
        {"warmup": PEAK / PERIODS, "div": 10.0, "final_div": 100.0},
        lambda s, o: s.OneCycleLR(o, 1.0, total_steps=PERIODS + 1, div_factor=10, final_div_factor=100),
    ),
]

# ---- networks: one step of training, then an evaluation; `theirs` is the activation

SIZES = [7, 6, 5, 4]
BATCH = 5

NETWORKS: list[Case] = [
    Case("mlp", "mlp", {"activation": "relu"}, lambda F, z: F.relu(z)),
    Case("mlp-batch", "mlp", {"activation": "tanh", "norm": "batch"}, lambda F, z: F.tanh(z)),
    Case("mlp-layer", "mlp", {"activation": "swish", "norm": "layer"}, lambda F, z: F.silu(z)),
]

# ---- whole runs: 200 steps of a 784-64-32-10 ReLU network on the cross-entropy

RUN_SIZES = [784, 64, 32, 10]
RUN_STEPS = 200
RUN_BATCH = 32
RUN_BATCHES = 10

RUNS: list[Case] = [
    Case("momentum", "momentum", {}, ("SGD", {"lr": 0.01, "momentum": 0.9})),
    Case("adam", "adam", {}, ("Adam", {"lr": 0.001})),
    Case("adamw", "adamw", {"weight_decay": 0.1}, ("AdamW", {"lr": 0.001, "weight_decay": 0.1})),
    Case("momentum-batch", "momentum", {"norm": "batch"}, ("SGD", {"lr": 0.01, "momentum": 0.9})),
    Case("adam-layer", "adam", {"norm": "layer"}, ("Adam", {"lr": 0.001})),
]

# ---- whole trainings by `Trainer.fit`: PERIODS steps under a schedule, with clipped gradients. `ours` are the
# scheduler's keys, with its name and `clip_norm`; `theirs` is the optimizer and the schedule

FIT_SHAPE, FIT_SIZES = (4, 5), [20, 16, 6]
FIT_EPOCHS = 16
FIT_BATCH, FIT_EXAMPLES, FIT_VAL = 24, 70, 30  # batches of 24, 24 and 22: PERIODS steps in all
FIT_SEED = 50
SGD, MOMENTUM, ADAM = ("SGD", {"lr": 0.5}), ("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.05})
ADAMW = ("AdamW", {"lr": 0.05, "weight_decay": 0.1})

FITS: list[Case] = [
    Case("constant", "sgd", {"scheduler": "constant"}, (SGD, lambda s, o: s.ConstantLR(o, factor=1.0))),
    Case(
        "constant-clipped",
        "sgd",
        {"scheduler": "constant", "clip_norm": 0.3},
        (SGD, lambda s, o: s.ConstantLR(o, factor=1.0)),
    ),
    Case(
        "cosine-clipped",
        "momentum",
        {"scheduler": "cosine", "clip_norm": 0.5},
        (MOMENTUM, lambda s, o: s.CosineAnnealingLR(o, T_max=PERIODS)),
    ),
    Case(
        "exponential",
        "momentum",
        {"scheduler": "exponential", "final": 0.9**PERIODS},
        (MOMENTUM, lambda s, o: s.ExponentialLR(o, gamma=0.9)),
    ),
    Case(
        "linear-clipped",
        "adamw",
        {"scheduler": "linear", "clip_norm": 0.2},
        (ADAMW, lambda s, o: s.LinearLR(o, start_factor=1, end_factor=0, total_iters=PERIODS)),
    ),
    Case(
        "one_cycle-clipped",
        "adam",
        {"scheduler": "one_cycle", "warmup": PEAK / PERIODS, "clip_norm": 0.5},
        (ADAM, lambda s, o: s.OneCycleLR(o, 0.05, total_steps=PERIODS + 1, cycle_momentum=False)),
    ),
    Case(
        "step-clipped",
        "sgd",
        {"scheduler": "step", "clip_norm": 0.7},
        (SGD, lambda s, o: s.StepLR(o, step_size=PERIODS // 4, gamma=0.3)),
    ),
]


def images() -> tuple[Array, Array]:
    """Bytes and labels of which something can be learnt: the training examples, then those of the validation."""
    rng = np.random.default_rng(FIT_SEED)
    y = rng.integers(0, FIT_SIZES[-1], FIT_EXAMPLES + FIT_VAL)
    centres = rng.uniform(40, 215, (FIT_SIZES[-1], FIT_SIZES[0]))
    return np.clip(centres[y] + rng.normal(0, 60, (len(y), FIT_SIZES[0])), 0, 255).astype("uint8"), y


def weights(sizes: list[int], norm: str, seed: int) -> Results:
    """First values for every parameter of an MLP, by our names; none of them is a special number."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for i in range(1, len(sizes)):
        fan_in, fan_out = sizes[i - 1 : i + 1]
        tensors[f"dense{i}.W"] = rng.normal(0, (2 / fan_in) ** 0.5, (fan_in, fan_out))
        if norm == "none" or i == len(sizes) - 1:
            tensors[f"dense{i}.b"] = rng.normal(0, 0.1, fan_out)
        else:
            tensors[f"norm{i}.gamma"] = rng.uniform(0.5, 1.5, fan_out)
            tensors[f"norm{i}.beta"] = rng.normal(0, 0.1, fan_out)
    return tensors


def batch(sizes: list[int], n: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(1000 + seed)
    return rng.random((n, sizes[0])), rng.integers(0, sizes[-1], n)


def sample(tensors: Mapping[str, Array], at_most: int = 100) -> Results:
    """A few entries from all over each tensor, and the sum of the squares of all of them."""
    few = {name: tensor.ravel()[:: -(-tensor.size // at_most)] for name, tensor in tensors.items()}
    return few | {f"|{name}|²": np.square(tensor).sum() for name, tensor in tensors.items()}


CASES = {
    "optimizer": OPTIMIZERS,
    "float32": [case for case in OPTIMIZERS if case.id in IN_FLOAT32],
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "scheduler": SCHEDULERS,
    "network": NETWORKS,
    "run": RUNS,
    "fit": FITS,
}
ALL = [(kind, case) for kind, cases in CASES.items() for case in cases]
IDS = [f"{kind}-{case.id}" for kind, case in ALL]
TOLERANCE = {
    "optimizer": 1e-12,
    "float32": 1e-4,
    "activation": 1e-14,
    "loss": 1e-14,
    "scheduler": 1e-14,
    "network": 1e-12,
    "run": 1e-10,
    "fit": 1e-10,
}


def relative_error(kind: str, mine: Results, reference: Results) -> float:
    """The largest |a − b| / max |b|, where each step of a trajectory has a maximum of its own."""
    assert mine.keys() == reference.keys()
    worst = 0.0
    for name, b in reference.items():
        a = mine[name]
        assert a.shape == b.shape
        assert np.isfinite(a).all()
        axis = 1 if kind in {"optimizer", "float32"} else None
        scale = np.maximum(np.abs(b).max(axis), np.finfo(np.float64).tiny)  # where all is 0, nothing else is right
        worst = max(worst, float((np.abs(a - b).max(axis) / scale).max()))
    return worst
