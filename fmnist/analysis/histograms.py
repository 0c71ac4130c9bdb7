"""Activations and gradients of a run's network by layer, before and after its training, as a picture."""

from pathlib import Path

import numpy as np

from fmnist.config.classes import NONE, Classes
from fmnist.interfaces import Array
from fmnist.loss.base import Loss
from fmnist.network.network import Network
from fmnist.run.load import load_run
from fmnist.terminal.console import get_console
from fmnist.training.generators import spawn_generators

EXAMPLES = 1000


def draw_histograms(folder: Path, own: Classes = NONE) -> None:
    """Write histograms.png and .svg to the run's folder, of the same training examples through both networks.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: best.npz is missing, damaged or of another architecture.
    """
    from fmnist.picture.layer_histograms import LayerValues, layer_histograms
    from fmnist.picture.style import save

    run = load_run(folder, own=own)
    parts, splits = run.experiment, run.splits
    x, y = run.batches(splits.train)(splits.train.rows[:EXAMPLES])
    untrained = outputs_and_gradients(parts.network(splits, spawn_generators(parts.seed)), parts.loss, x, y)
    trained = outputs_and_gradients(run.network, parts.loss, x, y)
    layers = [
        LayerValues(name, *zip(before, after, strict=True))
        for (name, before), after in zip(untrained.items(), trained.values(), strict=True)
    ]
    note = f"{len(y):,} training examples of {splits.name}; each histogram as high as its highest bin"
    for file in save(layer_histograms(layers, note), folder / "histograms"):
        get_console().print(str(file))


def outputs_and_gradients(network: Network, loss: Loss, x: Array, y: Array) -> dict[str, tuple[Array, Array]]:
    """Of one forward and backward pass, by dense layer: its outputs (behind its activation, if any) and ∂L/∂W."""
    logits = network.forward(x, train=True)
    outputs = {name: a.copy() for name, a in network.outputs.items()}
    dlogits = np.empty_like(logits)
    loss(logits, y, dlogits)
    network.backward(dlogits)
    return {name: (outputs[name], dW.copy()) for name, dW in network.params.weight_gradients().items()}
