// How many devices there are, and how many are connected: told every few seconds when it changes.

import { Failure, call } from "./api.js";

const NUMBER = new Intl.NumberFormat("en-GB"); // as the server writes them

/** @param {any} live @param {HTMLElement} element */
export function keepCounts(live, element) {
  let at = Date.parse(element.dataset.at);

  live.subscribe(element.dataset.topic, {
    onMessage: show,
    onGap: reload,
    // What changed between the rendering of the page and now, or while it was away.
    onStatus: ({ state }) => state === "live" && reload(),
  });

  async function reload() {
    try {
      show(await call("GET", "/counts"));
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure; // the next message has them
    }
  }

  // Each process counts for itself: what was counted before is told late, and is no news.
  function show(counts) {
    if (Date.parse(counts.at) < at) return;
    at = Date.parse(counts.at);
    document.getElementById("registered").textContent = NUMBER.format(counts.registered);
    document.getElementById("online").textContent = NUMBER.format(counts.online);
  }
}
