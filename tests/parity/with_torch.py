"""The same cases as PyTorch computes them; its gradients are autograd's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from cases import (
    BATCH,
    FIT_BATCH,
    FIT_EPOCHS,
    FIT_EXAMPLES,
    FIT_SEED,
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

F = torch.nn.functional
Tensors = dict[str, torch.Tensor]


def compute(kind: str, case: Case) -> Results:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32 if kind == "float32" else torch.float64)  # NAdam keeps Πμ in it
    results: Results = {
        "optimizer": lambda: optimizer(case, "float64", STEPS),
        "float32": lambda: optimizer(case, "float32", LONG),
        "activation": lambda: activation(case),
        "loss": lambda: loss(case),
        "scheduler": lambda: scheduler(case),
        "network": lambda: network(case),
        "run": lambda: run(case),
        "fit": lambda: fit(case),
    }[kind]()
    return results


def sparing(theirs: tuple[str, dict[str, Any]], decayed: list[torch.Tensor], spared: list[torch.Tensor]) -> Any:
    """Their optimizer, with weight decay on the weights alone."""
    name, arguments = theirs
    without = arguments | {"weight_decay": 0}
    return getattr(torch.optim, name)([{"params": decayed, **arguments}, {"params": spared, **without}])


def optimizer(case: Case, dtype: str, steps: int) -> Results:
    theta = torch.tensor(THETA.astype(dtype))
    decayed, spared = theta[:6].clone().requires_grad_(), theta[6:].clone().requires_grad_()
    algorithm = sparing(case.theirs, [decayed], [spared])
    path = [theta.numpy()]
    for step in range(steps):
        grad = torch.from_numpy(slope(path[-1], step))
        decayed.grad, spared.grad = grad[:6], grad[6:]
        algorithm.step()
        path.append(torch.cat([decayed, spared]).detach().numpy())
    kept = KEPT if steps == STEPS else [steps]
    return {"path": np.array([path[step] for step in kept])}


def activation(case: Case) -> Results:
    z = torch.tensor(Z, requires_grad=True)
    a = case.theirs(F, z)
    (slope,) = torch.autograd.grad(a.sum(), z)
    values, slopes = a.detach().numpy(), slope.numpy()
    return {"a": values[:-4], "slope": slopes[:-4], "tails": values[-4:], "slopes of the tails": slopes[-4:]}


def loss(case: Case) -> Results:
    z = torch.tensor(LOGITS, requires_grad=True)
    value = case.theirs(F, z, torch.from_numpy(LABELS))
    (grad,) = torch.autograd.grad(value, z)
    return {"value": value.detach().numpy(), "grad": grad.numpy()}


def scheduler(case: Case) -> Results:
    algorithm = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = case.theirs(torch.optim.lr_scheduler, algorithm)
    factors = []
    for _ in range(PERIODS):
        factors.append(algorithm.param_groups[0]["lr"])
        algorithm.step()
        schedule.step()
    return {"factors": np.array(factors)}


def mlp(
    p: Tensors, memory: Tensors, activation: Callable[[Any, Any], Any], x: torch.Tensor, train: bool
) -> torch.Tensor:
    """The network of the parameters p; `memory` holds what batch normalisation learns."""
    layers = sum(name.endswith("W") for name in p)
    for i in range(1, layers + 1):
        x = F.linear(x, p[f"dense{i}.W"].T, p.get(f"dense{i}.b"))
        if i == layers:
            break
        gamma, beta = p.get(f"norm{i}.gamma"), p.get(f"norm{i}.beta")
        if memory:
            x = F.batch_norm(x, memory[f"norm{i}.mean"], memory[f"norm{i}.var"], gamma, beta, training=train)
        elif gamma is not None:
            x = F.layer_norm(x, gamma.shape, gamma, beta)
        x = activation(F, x)
    return x


def start(sizes: list[int], norm: str, seed: int) -> tuple[Tensors, Tensors]:
    p = {name: torch.tensor(tensor, requires_grad=True) for name, tensor in weights(sizes, norm, seed).items()}
    memory: Tensors = {}
    if norm == "batch":
        for i, width in enumerate(sizes[1:-1], 1):
            memory[f"norm{i}.mean"] = torch.zeros(width, dtype=torch.float64)
            memory[f"norm{i}.var"] = torch.ones(width, dtype=torch.float64)
    return p, memory


def network(case: Case) -> Results:
    p, memory = start(SIZES, case.ours.get("norm", "none"), seed=30)
    x, y = map(torch.from_numpy, batch(SIZES, BATCH, seed=31))
    logits = mlp(p, memory, case.theirs, x, train=True)
    F.cross_entropy(logits, y).backward()
    evaluated = mlp(p, memory, case.theirs, x, train=False)
    tensors = {"logits": logits, "evaluated": evaluated, **memory} | {f"d {name}": t.grad for name, t in p.items()}
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


def run(case: Case) -> Results:
    p, memory = start(RUN_SIZES, case.ours.get("norm", "none"), seed=40)
    matrices = [tensor for name, tensor in p.items() if name.endswith("W")]
    algorithm = sparing(case.theirs, matrices, [tensor for name, tensor in p.items() if not name.endswith("W")])
    batches = [tuple(map(torch.from_numpy, batch(RUN_SIZES, RUN_BATCH, seed))) for seed in range(RUN_BATCHES)]
    losses = []
    for step in range(RUN_STEPS):
        x, y = batches[step % RUN_BATCHES]
        algorithm.zero_grad()
        value = F.cross_entropy(mlp(p, memory, lambda F, z: F.relu(z), x, train=True), y)
        value.backward()
        algorithm.step()
        losses.append(value.item())
    end = {name: tensor.detach().numpy() for name, tensor in (p | memory).items()}
    return {"losses": np.array(losses[::20])} | sample(end)


def fit(case: Case) -> Results:
    theirs, schedule_of = case.theirs
    p, memory = start(FIT_SIZES, "none", seed=51)
    matrices = [tensor for name, tensor in p.items() if name.endswith("W")]
    algorithm = sparing(theirs, matrices, [tensor for name, tensor in p.items() if not name.endswith("W")])
    schedule = schedule_of(torch.optim.lr_scheduler, algorithm)
    x, y = map(torch.from_numpy, images())
    x = x.double() / 255 - 0.5
    shuffle = np.random.default_rng(FIT_SEED)

    def logits(rows: Any) -> torch.Tensor:
        return mlp(p, memory, lambda F, z: F.tanh(z), x[rows], train=True)

    rows: list[dict[str, float]] = []
    val = slice(FIT_EXAMPLES, None)
    for _ in range(FIT_EPOCHS):
        loss_sum, correct = 0.0, 0
        for part in torch.from_numpy(shuffle.permutation(FIT_EXAMPLES)).split(FIT_BATCH):
            algorithm.zero_grad()
            z = logits(part)
            value = F.cross_entropy(z, y[part])
            value.backward()
            loss_sum += value.item() * len(part)
            correct += int((z.argmax(1) == y[part]).sum())
            if "clip_norm" in case.ours:
                torch.nn.utils.clip_grad_norm_(list(p.values()), case.ours["clip_norm"])
            lr = algorithm.param_groups[0]["lr"]
            algorithm.step()
            schedule.step()
        z = logits(val).detach()
        row = {"lr": lr, "train/loss": loss_sum / FIT_EXAMPLES, "train/accuracy": correct / FIT_EXAMPLES}
        row["val/loss"] = F.cross_entropy(z, y[val]).item()
        row["val/accuracy"] = (z.argmax(1) == y[val]).double().mean().item()
        rows.append(row)
    end = {name: tensor.detach().numpy() for name, tensor in p.items()}
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} | end
