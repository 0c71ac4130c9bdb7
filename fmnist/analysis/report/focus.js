// If a few bad trials would squeeze the good ones, a plot first shows the best three quarters.

// The stretch of those values, or null if all of them fit well.
function goodStretch(values, upwards) {
  const known = values.filter((value) => value !== null).sort((a, b) => (upwards ? b - a : a - b));
  if (known.length < 8) return null;
  const best = known[0], edge = known[Math.floor(0.75 * (known.length - 1))], worst = known.at(-1);
  if (best === edge || Math.abs(best - worst) < 3 * Math.abs(best - edge)) return null;
  const room = 0.12 * (best - edge);
  return upwards ? [edge - room, best + room] : [best + room, edge - room]; // a loss: room is negative
}

// Whether plots keep to the good values, and the button that changes it; without a need there is no button.
function focusSwitch(isNeeded, elements) {
  const focus = { on: isNeeded, button: null };
  if (!isNeeded) return focus;
  focus.button = make("button", { type: "button", className: "quiet", "aria-pressed": "false", textContent: "Show all values" });
  focus.button.addEventListener("click", () => {
    focus.on = !focus.on;
    focus.button.setAttribute("aria-pressed", String(!focus.on));
    redraw(elements);
  });
  return focus;
}

// The same for one stretch.  axis: what to ask of plotly.  at: where a value is drawn, at the edge if it lies beyond.
function focusOn(stretch, elements) {
  const focus = focusSwitch(stretch !== null, elements);
  const rim = stretch ? 0.02 * (stretch[1] - stretch[0]) : 0;
  focus.axis = () => (focus.on ? { range: stretch } : {});
  focus.at = (value) => (focus.on && value !== null ? Math.min(Math.max(value, stretch[0] + rim), stretch[1] - rim) : value);
  return focus;
}
