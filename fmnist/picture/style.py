"""One style for all pictures, and how they are saved: the same data give the same bytes.

Only this file imports matplotlib, and without pyplot, which keeps figures and may open windows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fmnist.errors import FmnistError
from fmnist.files import atomic

try:
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image
except ImportError as error:
    raise FmnistError(f"pictures need matplotlib ({error}): pip install matplotlib") from None

# Okabe & Ito's colours, distinguishable with all kinds of colour vision, https://jfly.uni-koeln.de/color/.
BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
SKY, YELLOW, BLACK, GREY = "#56b4e9", "#e69f00", "#222222", "#6b6b6b"
COLOURS = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK)
MARKERS = "osD^vPX"

LOOK = {
    "figure.dpi": 120,
    "figure.facecolor": "white",
    "font.size": 9,
    "text.color": BLACK,
    "text.parse_math": False,  # a name may hold $ and _
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.9,
    "image.interpolation": "nearest",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "fmnist",  # or the names of its parts change each time
}


@contextmanager
def look() -> Iterator[None]:
    """A context or a decorator in which figures have this style, whatever the user's matplotlibrc says."""
    with style.context(["default", LOOK]):
        yield


def new_figure(width: float, height: float, title: str, note: str = "") -> Figure:
    """An empty figure, in inches, with a title on the left and a note below it; there is room for both at the top."""
    fig = Figure(figsize=(width, height))
    left = 0.12 / width
    fig.text(left, 1 - 0.12 / height, title, size=12, weight="bold", va="top")
    if note:
        fig.text(left, 1 - 0.38 / height, note, size=9, color=GREY, va="top")
    return fig


@look()
def save(fig: Figure, file: Path) -> list[Path]:
    """Write file.png and file.svg, each whole or not at all."""
    png, svg = (file.with_name(f"{file.name}.{ending}") for ending in ("png", "svg"))
    canvas = FigureCanvasAgg(fig)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    small = Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE)  # a third of the bytes, no visible loss
    atomic.write(png, lambda f: small.save(f, format="png", dpi=(fig.dpi, fig.dpi)))
    atomic.write(svg, lambda f: fig.savefig(f, format="svg", metadata={"Date": None, "Creator": None}))
    return [png, svg]
