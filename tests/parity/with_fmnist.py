"""The cases as we compute them."""

from pathlib import Path
from typing import Any

import numpy as np
from cases import (
    BATCH,
    FIT_BATCH,
    FIT_EPOCHS,
    FIT_EXAMPLES,
    FIT_SEED,
    FIT_SHAPE,
    FIT_SIZES,
    KEPT,
    LABELS,
    LOGITS,
    LONG,
    PERIODS,
    RUN_BATCH,
    RUN_BATCHES,
    RUN_SIZES,
    RUN_STEPS,
    SHAPES,
    SIZES,
    STEPS,
    THETA,
    Case,
    Results,
    Z,
    batch,
    images,
    sample,
    slope,
    weights,
)

from fmnist.interfaces import Split, Splits
from fmnist.network.network import Network
from fmnist.network.parameters import Parameters
from fmnist.training.generators import spawn_generators
from fmnist.training.objective import Objective
from fmnist.training.state import TrainingState
from fmnist.training.trainer import Trainer
from options import build


def compute(kind: str, case: Case) -> Results:
    return {
        "optimizer": lambda: optimizer(case, "float64", STEPS),
        "float32": lambda: optimizer(case, "float32", LONG),
        "activation": lambda: activation(case),
        "loss": lambda: loss(case),
        "scheduler": lambda: scheduler(case),
        "network": lambda: network(case),
        "run": lambda: run(case),
        "fit": lambda: fit(case),
    }[kind]()


def optimizer(case: Case, dtype: str, steps: int) -> Results:
    params = Parameters(*SHAPES, dtype)
    params.theta[:] = THETA
    algorithm = build("optimizer", case.option, **case.ours)
    algorithm.bind(params)
    path = []
    for step in range(steps):
        params.grad[:] = slope(params.theta, step)
        algorithm.step()
        path.append(params.theta.copy())
    kept = KEPT if steps == STEPS else [steps]
    return {"path": np.array([path[step - 1] for step in kept])}


def activation(case: Case) -> Results:
    sigma = build("activation", case.option, **case.ours)
    a = sigma(Z)
    slope = sigma.grad(Z, a)
    return {"a": a[:-4], "slope": slope[:-4], "tails": a[-4:], "slopes of the tails": slope[-4:]}


def loss(case: Case) -> Results:
    grad = np.empty_like(LOGITS)
    value = build("loss", case.option, **case.ours)(LOGITS, LABELS, grad)
    return {"value": np.array(value), "grad": grad}


def scheduler(case: Case) -> Results:
    factor = build("scheduler", case.option, **case.ours)
    return {"factors": np.array([factor(i / PERIODS) for i in range(PERIODS)])}


def mlp(sizes: list[int], norm: str, activation: str, seed: int) -> Network:
    parts: dict[str, Any] = {"activation": build("activation", activation), "init": build("init", "zeros")}
    model = build("model", "mlp", layers=len(sizes) - 2, width=sizes[1:-1], norm=norm, **parts)
    rng = np.random.default_rng(0)
    net: Network = model.network((sizes[0],), sizes[-1], init_rng=rng, dropout_rng=rng, dtype="float64")
    tensors = weights(sizes, norm, seed)
    assert tensors.keys() == net.params.views.keys()
    for name, tensor in tensors.items():
        net.params[name][...] = tensor
    return net


def network(case: Case) -> Results:
    net = mlp(SIZES, case.ours.get("norm", "none"), case.ours["activation"], seed=30)
    x, y = batch(SIZES, BATCH, seed=31)
    logits = net.forward(x, train=True).copy()
    dlogits = np.empty_like(logits)
    build("loss", "cross_entropy")(logits, y, dlogits)
    net.backward(dlogits)
    evaluated = net.forward(x)
    return {"logits": logits, "evaluated": evaluated, **net.memory} | {f"d {k}": g for k, g in net.params.grads.items()}


def run(case: Case) -> Results:
    changes = dict(case.ours)
    net = mlp(RUN_SIZES, changes.pop("norm", "none"), "relu", seed=40)
    algorithm = build("optimizer", case.option, **changes)
    algorithm.bind(net.params)
    cross_entropy = build("loss", "cross_entropy")
    batches = [batch(RUN_SIZES, RUN_BATCH, seed) for seed in range(RUN_BATCHES)]
    dlogits = np.empty((RUN_BATCH, RUN_SIZES[-1]))
    losses = []
    for step in range(RUN_STEPS):
        x, y = batches[step % RUN_BATCHES]
        losses.append(cross_entropy(net.forward(x, train=True), y, dlogits))
        net.backward(dlogits)
        algorithm.step()
    return {"losses": np.array(losses[::20])} | sample(net.state())


def fit(case: Case) -> Results:
    keys = dict(case.ours)
    scheduler, clip_norm = keys.pop("scheduler"), keys.pop("clip_norm", None)
    x, y = images()
    train, val = (Split(x, y, rows) for rows in np.split(np.arange(len(y)), [FIT_EXAMPLES]))
    splits = Splits("bytes", train, val, val, tuple("abcdef"), FIT_SHAPE, 1 / 255, -0.5, "drawn")
    net = mlp(FIT_SIZES, "none", "tanh", seed=51)
    (_, values), _ = case.theirs
    algorithm = build("optimizer", case.option, **values)
    algorithm.bind(net.params)
    rngs = spawn_generators(0)._replace(shuffle=np.random.default_rng(FIT_SEED))
    training = TrainingState(net, algorithm, rngs, Objective("val/loss"), Path(), FIT_EPOCHS, FIT_EXAMPLES)
    trainer = Trainer(
        epochs=FIT_EPOCHS, batch_size=FIT_BATCH, eval_batch_size=7, clip_norm=clip_norm, precision="float64"
    )
    parts = build("loss", "cross_entropy"), build("scheduler", scheduler, **keys), build("augment", "none")
    trainer.fit(training, splits, *parts)
    figures = ("lr", "train/loss", "train/accuracy", "val/loss", "val/accuracy")
    return {name: np.array([row[name] for row in training.history]) for name in figures} | net.state()
