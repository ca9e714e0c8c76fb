// The page of figures: what they were, at once; then every second, as it comes.

import { Chart, isThere, lineOf } from "./chart.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { Series } from "./series.js";
import { written } from "./units.js";

const SPAN_SECONDS = 900;
const RANGE = "/api/v1/dashboards/figures/range";
const STATES = {
  live: "Live, once a second",
  paused: "Paused while nobody looks",
  waiting: "Connecting …",
  lost: "Connection lost, trying again …",
  silent: "Nothing is measured at the moment",
  stopped: "This is not shown any more. Load the page again.",
};

const page = /** @type {HTMLElement} */ (document.getElementById("figures"));
const status = /** @type {HTMLElement} */ (document.getElementById("figures-status"));
const topics = page.dataset.topics.split(" ");
const hasHistory = page.dataset.history === "yes";
const rows = [...page.querySelectorAll("[data-figure]")]; // of a figure there may be several
const series = new Series([...new Set(rows.map((row) => row.dataset.figure))], SPAN_SECONDS);
const charts = [];
let isDue = false;

function prepare() {
  document.getElementById("no-charts").hidden = isThere();
  if (!isThere()) return;
  for (const place of page.querySelectorAll("[data-chart]")) {
    const shown = [...place.closest(".figure").querySelectorAll("[data-figure]")];
    const lines = shown.map((row) => lineOf(row, row.dataset.figure));
    place.hidden = false;
    charts.push({ lines, chart: new Chart(place, lines, SPAN_SECONDS) });
  }
}

// Two topics tell of the same second within milliseconds: both are drawn at once.
function show() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    page.dataset.newest = String(series.newest);
    page.dataset.seconds = String(series.at.length);
    for (const { lines, chart } of charts) {
      chart.show(series.columns(lines.map(({ name }) => name)), series.end);
    }
    for (const row of rows) summarise(row.dataset.figure, row);
  });
}

function summarise(name, row) {
  for (const [what, value] of Object.entries(series.summary(name))) {
    row.querySelector(`[data-${what}]`).textContent = written(value, row.dataset.unit);
  }
}

function range() {
  const query = new URLSearchParams({ points: "1000", columns: "mean" });
  if (series.newest) {
    const since = Math.max(series.at[0], series.newest - SPAN_SECONDS);
    query.set("since", new Date(since * 1000).toISOString());
  }
  return `${RANGE}?${query}`;
}

const history = new History(range, (told) => {
  series.addRange(told.series);
  show();
});

function fill() {
  if (hasHistory) history.ask();
}

function tell(state) {
  if (page.dataset.state === state) return;
  page.dataset.state = state;
  status.textContent = STATES[state];
}

prepare();
new Live(topics, {
  onMessage: (_topic, { at, figures }) => {
    series.add(at, figures);
    show();
  },
  onResume: fill,
  onState: tell,
});
fill();
