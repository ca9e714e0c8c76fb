// The page of one device: its charts, its commands and its state, each moved by its own topic.

import { connectOwn } from "/static/web/own-connection.js";
import { Failure } from "./api.js";
import { Chart } from "./chart.js";
import { Commands } from "./commands.js";
import { tellConnection, tellRemoved } from "./connection.js";
import { State } from "./state.js";
import { showAgo } from "./times.js";

const REDRAW_MS = 5_000;

const { device } = document.getElementById("device").dataset;
const charts = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-metric]"))].map(
  (element) => new Chart(element, device),
);
const commands = new Commands(device);
const state = new State(device);
const range = /** @type {HTMLSelectElement} */ (document.getElementById("range"));
const seen = /** @type {HTMLTimeElement} */ (document.getElementById("seen"));

range.closest("label").hidden = false;
range.addEventListener("change", loadCharts);
showAgo(seen);

const started = once(reload);
let isGone = false;
const live = connectOwn({ onStatus: (status) => isGone || tellConnection(status) });
live.subscribe(`devices:${device}`, { onMessage: ({ readings }) => take(readings), onGap: loadCharts });
live.subscribe(`device:${device}`, {
  onMessage: (event) => {
    if (event.type === "command_changed") commands.show(event.command);
    if (event.type === "state_changed") state.show(event.state);
    if (event.type === "device_removed") leave();
  },
  onGap: reload,
  // What happened between the rendering of the page and now is on no topic that we heard.
  onStatus: (status) => {
    started(status);
    if (status.state === "ended" && status.code === "forbidden") leave();
  },
});
live.subscribe(`orders:${device}`, {
  presence: true,
  // Pages that look are counted, too: the device is the member with its own id.
  onPresence: ({ members }) => members && showStatus(members.some((member) => member.user === device)),
});

loadCharts();
setInterval(() => {
  if (document.hidden) return;
  for (const chart of charts) chart.draw();
  showAgo(seen);
}, REDRAW_MS);

function take(readings) {
  for (const chart of charts) chart.add(readings.filter(({ metric }) => metric === chart.metric));
  touch();
}

async function loadCharts() {
  await attempt(() => Promise.all(charts.map((chart) => chart.load(Number(range.value)))));
}

async function reload() {
  await attempt(() => Promise.all([commands.reload(), state.reload()]));
}

async function attempt(work) {
  try {
    await work();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.status === 404) leave();
    document.getElementById("announcer").textContent = failure.message;
  }
}

// It was removed, in another tab perhaps. What was written stays on the screen, and goes nowhere.
function leave() {
  if (isGone) return;
  isGone = true;
  live.close();
  commands.close();
  showStatus(false);
  for (const form of document.querySelectorAll(".device form")) {
    for (const field of /** @type {HTMLFormElement} */ (form).elements) /** @type {HTMLInputElement} */ (field).disabled = true;
  }
  tellRemoved();
}

function showStatus(isOnline) {
  const status = document.getElementById("status");
  const word = isOnline ? "Online" : "Offline";
  if (status.textContent !== word) {
    status.textContent = word;
    touch(); // it was there until now, or is now
  }
  document.getElementById("dot").classList.toggle("dot--good", isOnline);
}

function touch() {
  seen.dateTime = new Date().toISOString();
  showAgo(seen);
}

function once(act) {
  let done = false;
  return (status) => {
    if (status.state !== "live" || done) return;
    done = true;
    act();
  };
}
