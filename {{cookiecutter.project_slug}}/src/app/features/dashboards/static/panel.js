// One panel: a chart with its table, or numbers; its lines are in the page, or come with the values.

import { Chart, isThere, lineOf } from "./chart.js";
import { Series } from "./series.js";
import { written } from "./units.js";

const LINES_MOST = 6;
const TONES = ["accent", "danger", "good", "muted", "accent-strong", "edge"]; // as cards.py has them
const POINTS_MOST = 1_000;
const HOLES_IN_A_SPAN = 15; // nobody knows how often a topic tells: this much of a span is a hole
const REFUSED = "What this panel shows is not for you to see, or away.";

export class Panel {
  /** @param {HTMLElement} card */
  constructor(card) {
    this.card = card;
    this.topic = card.dataset.topic ?? "";
    this.minutes = Number(card.dataset.minutes);
    this.rows = [...card.querySelectorAll("[data-line]")];
    this.takesAll = Boolean(this.topic) && !this.rows.length;
    this.clock = 0;
    this.isRefused = false;
    this.series = this.#series(Math.ceil(this.#spanSeconds / POINTS_MOST));
    this.#draw();
  }

  /** What was, of the span that this panel shows; buckets of other widths begin it anew. */
  fill(span) {
    if (this.topic || !span) return;
    if (span.bucket_seconds !== this.series.stepSeconds) this.series = this.#series(span.bucket_seconds);
    this.series.addRange(span.series);
  }

  /** Time goes on, in this panel too. @param {number} second */
  pass(second) {
    this.clock = Math.max(this.clock, second);
    this.series.passed(second);
  }

  /** A message of the topic. @param {{newest?: object, readings?: {metric: string, value: number, at_ms: number}[]}} data */
  take({ newest, readings }) {
    this.isRefused = false;
    this.card.classList.remove("board__panel--refused");
    const told = readings ?? [];
    const named = new Set(told.map(({ metric }) => metric));
    const others = Object.entries(newest ?? {}).filter(([metric]) => !named.has(metric));
    for (const { metric, value, at_ms } of [...others.map(([metric, one]) => ({ metric, ...one })), ...told]) {
      const isNumber = Number.isFinite(value) && Number.isFinite(at_ms);
      if (isNumber && this.#knows(metric)) this.series.add(Math.floor(at_ms / 1000), { [metric]: value });
    }
    this.pass(this.clock);
  }

  /** Nothing comes: it is not there, or not for whoever looks. */
  refuse() {
    this.isRefused = true;
    this.card.classList.add("board__panel--refused");
    this.#say(REFUSED);
  }

  show() {
    const names = this.rows.map(({ dataset }) => dataset.line);
    this.chart?.show(this.series.columns(names), this.series.end);
    for (const row of this.rows) {
      for (const [what, value] of Object.entries(this.series.summary(row.dataset.line))) {
        row.querySelector(`[data-${what}]`).textContent = written(value, row.dataset.unit);
      }
    }
    if (this.series.at.length && !this.isRefused) this.#say("");
  }

  get #spanSeconds() {
    return this.minutes * 60;
  }

  #series(stepSeconds) {
    const names = this.rows.map(({ dataset }) => dataset.line);
    const isSparse = Boolean(this.topic);
    const holeSeconds = isSparse ? this.#spanSeconds / HOLES_IN_A_SPAN : 0;
    return new Series(names, this.#spanSeconds, { stepSeconds, holeSeconds, isSparse });
  }

  #say(words) {
    const note = this.card.querySelector("[data-quiet]");
    note.textContent = words;
    note.hidden = !words;
  }

  #draw() {
    const place = this.card.querySelector("[data-chart]");
    if (!place || !isThere()) return;
    place.hidden = false;
    this.chart?.close();
    const lines = this.rows.map((row) => lineOf(row, row.dataset.line));
    const look = { isArea: this.card.dataset.panel === "area", isSparse: Boolean(this.topic) };
    this.chart = new Chart(place, lines, this.#spanSeconds, look);
  }

  #knows(name) {
    if (this.series.values.has(name)) return true;
    if (!this.takesAll || this.rows.length >= LINES_MOST) return false;
    this.series.learn(name);
    this.rows.push(this.#row(name, this.rows.length));
    this.#draw();
    return true;
  }

  #row(name, place) {
    const kind = this.card.dataset.panel === "number" ? "number" : "row";
    const { content } = /** @type {HTMLTemplateElement} */ (document.getElementById(`board-${kind}`));
    const row = /** @type {HTMLElement} */ (content.cloneNode(true).firstElementChild);
    Object.assign(row.dataset, { line: name, tone: TONES[place], unit: this.card.dataset.unit });
    row.querySelector("dt, th").append(name);
    row.querySelector(".figure__line")?.classList.add(`figure__line--${TONES[place]}`, `figure__line--${place + 1}`);
    this.card.querySelector("[data-lines]").append(row);
    return row;
  }
}
