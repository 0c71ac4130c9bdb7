"""Learning curves and final results of settings over several seeds."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fmnist.interfaces import Array
from fmnist.picture.style import COLOURS, MARKERS, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE = 60  # characters of a setting's name


class SettingCurves(NamedTuple):
    """curves: (seeds, epochs).  finals: one value per seed.  half: half the width of the mean's interval, or None."""

    name: str
    curves: Array
    finals: Sequence[float]
    half: float | None


@look()
def setting_curves(settings: Sequence[SettingCurves], curve: str, final: str) -> "Figure":
    """`settings`, best first: as many as there are colours are shown. curve, final: the metrics' names."""
    shown = settings[: len(COLOURS)]
    of = f"the best {len(shown)} of {len(settings)} settings. " if len(shown) < len(settings) else ""
    several = any(len(setting.finals) > 1 for setting in shown)
    what = "left: mean ± standard deviation over seeds; right: each seed, their mean and its 95 % interval (t)"
    names = [wrap(setting.name, LINE, max_lines=3, placeholder=" …") for setting in shown]
    inches = 0.44 + 0.12 * max(map(len, names))  # of a row
    height = max(3.8, 1.4 + inches * len(shown))
    fig = new_figure(9.6, height, f"{final} by setting", of + (what if several else "one seed each"))
    left, right = fig.subplots(1, 2, width_ratios=(1, 0.9))
    for row, (setting, name, colour, marker) in enumerate(zip(shown, names, COLOURS, MARKERS, strict=False)):
        mean, n = setting.curves.mean(axis=0), len(setting.curves)
        epochs = np.arange(1, len(mean) + 1)
        left.plot(epochs, mean, color=colour, marker=marker if len(mean) <= 30 else "")
        if n > 1:
            spread = setting.curves.std(axis=0, ddof=1)
            left.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.18, linewidth=0)

        centre = float(np.mean(setting.finals))
        interval = "" if setting.half is None else f" ± {setting.half:.4f}"
        apart = row + np.linspace(0.06, 0.18, len(setting.finals))  # equal values would hide each other
        right.plot(setting.finals, apart, marker, color=colour, alpha=0.4, markeredgewidth=0)
        right.errorbar(centre, row - 0.08, xerr=setting.half, fmt=marker, color=colour, capsize=4, markersize=7)
        above = {"transform": right.get_yaxis_transform(), "size": 8, "va": "bottom"}
        right.text(0, row - 0.24, "\n".join(name), **above)
        right.text(1, row - 0.24, f"{centre:.4f}{interval}", ha="right", **above)
    left.set_title(f"{curve} by epoch")
    left.set_xlabel("epoch")
    left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.set_title(final)
    right.xaxis.get_major_locator().set_params(nbins=5)
    right.set_ylim(len(shown) - 0.7, -0.78)
    right.set_yticks([])
    right.spines["left"].set_visible(False)
    right.margins(x=0.08)
    fig.subplots_adjust(left=0.065, right=0.98, top=1 - 0.85 / height, bottom=0.45 / height, wspace=0.08)
    return fig
