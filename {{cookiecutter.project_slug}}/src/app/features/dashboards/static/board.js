// The page of a dashboard: each panel over its own span of time, first what was, then as it comes.
//
// Figures come once a second and have a history. What another feature publishes comes on its topic
// alone: `newest` has the newest value of each name, `readings` those since the message before.

import { isThere } from "./chart.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { Panel } from "./panel.js";

const FIGURES = /^(figures:(service|operators)$|shared:)/; // other topics of figures are of one process
const STATES = {
  live: "Live, once a second",
  paused: "Paused while nobody looks",
  waiting: "Connecting …",
  lost: "Connection lost, trying again …",
  silent: "Nothing is measured at the moment",
  stopped: "This is not shown any more. Load the page again.",
};

const page = /** @type {HTMLElement} */ (document.getElementById("board"));
const status = /** @type {HTMLElement} */ (document.getElementById("board-status"));
const panels = [...page.querySelectorAll("[data-panel]")].map((card) => new Panel(card));
let isDue = false;

// Two topics tell of the same second within milliseconds: both are drawn at once.
function show() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    page.dataset.newest = String(Math.max(0, ...panels.map(({ series }) => series.newest)));
    page.dataset.points = String(Math.max(0, ...panels.map(({ series }) => series.at.length)));
    for (const panel of panels) panel.show();
  });
}

function take(topic, data) {
  const areFigures = FIGURES.test(topic);
  for (const panel of panels) {
    if (areFigures) panel.pass(data.at);
    if (areFigures && !panel.topic) panel.series.add(data.at, data.figures);
    if (panel.topic === topic) panel.take(data);
  }
  show();
}

function fill({ spans }) {
  for (const panel of panels) panel.fill(spans.find(({ minutes }) => minutes === panel.minutes));
  show();
}

function tell(state) {
  if (page.dataset.state === state) return;
  page.dataset.state = state;
  status.textContent = STATES[state];
}

const history = new History(() => page.dataset.history, fill);
document.getElementById("no-charts").hidden = isThere();
new Live(page.dataset.topics.split(" "), {
  onMessage: take,
  onResume: () => history.ask(),
  onRefused: (topic) => panels.filter((panel) => panel.topic === topic).forEach((panel) => panel.refuse()),
  onState: tell,
}, { link: page.dataset.link });
history.ask();
