// A line of means in a band of extremes: one SVG for each metric, drawn anew when there is news.

import { call } from "./api.js";
import { moment } from "./times.js";

const WIDTH = 300;
const HEIGHT = 80;
const EDGE = 4;
const POINTS = 200;
const POINTS_MOST = 2 * POINTS;

export class Chart {
  /** @param {HTMLElement} element @param {string} device */
  constructor(element, device) {
    Object.assign(this, { element, device, metric: element.dataset.metric, minutes: 60 });
    /** @type {{at: number, mean: number, least: number, most: number}[]} */ this.points = [];
  }

  /** Loads a range that ends now. @param {number} minutes */
  async load(minutes) {
    this.minutes = minutes;
    const begin = new Date(Date.now() - minutes * 60_000).toISOString();
    const end = new Date().toISOString();
    const query = new URLSearchParams({ begin, end, points: String(POINTS) });
    const { points } = await call("GET", `/${this.device}/readings/${this.metric}?${query}`);
    const newest = points.length ? Date.parse(points[points.length - 1].at) : 0;
    const since = this.points.filter((point) => point.isLive && point.at > newest);
    this.points = [...points.map((point) => ({ ...point, at: Date.parse(point.at) })), ...since];
    this.draw();
  }

  /** Takes readings as they come in. @param {{value: number, at_ms: number}[]} readings */
  add(readings) {
    for (const { value, at_ms } of readings) {
      this.points.push({ at: at_ms, mean: value, least: value, most: value, isLive: true });
    }
    this.points.sort((one, other) => one.at - other.at);
    this.points = this.points.slice(-POINTS_MOST);
    if (readings.length) this.draw();
  }

  draw() {
    const end = Date.now();
    const begin = end - this.minutes * 60_000;
    const points = this.points.filter(({ at }) => at >= begin);
    if (points.length === 0) return;
    const least = Math.min(...points.map((point) => point.least));
    const most = Math.max(...points.map((point) => point.most));
    const x = (at) => ((WIDTH * (at - begin)) / (end - begin)).toFixed(1);
    const y = (value) => (HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * (value - least)) / (most - least || 1)).toFixed(1);
    const above = points.map(({ at, most }) => `${x(at)},${y(most)}`);
    const below = points.map(({ at, least }) => `${x(at)},${y(least)}`).reverse();
    const line = points.map(({ at, mean }) => `${x(at)},${y(mean)}`);
    const svg = this.element.querySelector("svg");
    svg.replaceChildren(shape("polygon", "chart__band", [...above, ...below]), shape("polyline", "chart__line", line));
    const now = points[points.length - 1].mean;
    this.element.querySelector(".chart__now").textContent = short(now);
    this.element.querySelector(".chart__from").textContent = `since ${moment(begin)}`;
    this.element.querySelector(".chart__extremes").textContent = `${short(least)} to ${short(most)}`;
    svg.setAttribute("aria-label", `${this.metric}: from ${short(least)} to ${short(most)}, now ${short(now)}`);
    this.element.dataset.points = String(points.length);
  }
}

function shape(name, className, points) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  element.setAttribute("class", className);
  element.setAttribute("points", points.join(" "));
  return element;
}

function short(value) {
  return String(Number(value.toPrecision(4)));
}
