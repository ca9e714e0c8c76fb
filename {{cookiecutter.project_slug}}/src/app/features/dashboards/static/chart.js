// One chart, drawn by uPlot in the colours of the page; the table beside it has the same in words.

import { Hint } from "./hint.js";
import { bands, held, stacked } from "./stack.js";
import { written } from "./units.js";

const HEIGHT = 180;
const AXIS_WIDTH = 68;
const CLOCK_HEIGHT = 28;
const [LEFT, RIGHT] = [3, 1]; // as uPlot counts sides
// Steps of the axis: of bytes powers of two, and there is no half a connection.
const POWERS = Array.from({ length: 50 }, (_, n) => 2 ** n);
const WHOLE = Array.from({ length: 36 }, (_, n) => [1, 2, 5][n % 3] * 10 ** Math.floor(n / 3));
const STEPS = { bytes: { incrs: POWERS }, count: { incrs: WHOLE } };
const DASHES = [[], [6, 4], [2, 3], [10, 4], [8, 3, 2, 3], [1, 4]]; // told apart without colours, too
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const CALENDAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_SECONDS = 86_400;
const CLEAR = "33"; // how much of the colour of a line is under it

/** Whether the library is there: it is brought by `app assets`. */
export const isThere = () => typeof globalThis.uPlot === "function";

// Whatever way a colour is written in, a canvas gives it back as #rrggbb.
function clear(colour) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour;
  return `${canvas.fillStyle}${CLEAR}`;
}

/** A line as a row of a page says it. @param {HTMLElement} row @param {string} name */
export function lineOf(row, name) {
  const { tone, unit } = row.dataset;
  return { name, tone, unit, title: row.querySelector("th, dt").textContent.trim(), mark: row.querySelector(".figure__line") };
}

export class Chart {
  #watch;
  #dark = matchMedia("(prefers-color-scheme: dark)");
  #repaint = () => this.#draw();

  /**
   * @param {HTMLElement} place @param {ReturnType<typeof lineOf>[]} lines @param {number} spanSeconds
   * @param {{isArea?: boolean, isSparse?: boolean}} look areas are stacked; sparse values have
   *   points, and an axis that begins where they do
   */
  constructor(place, lines, spanSeconds, look = {}) {
    this.place = place;
    this.lines = lines;
    this.units = lines.map(({ unit }) => unit);
    this.spanSeconds = spanSeconds;
    this.look = look;
    this.end = 0;
    this.columns = [[], ...lines.map(() => [])];
    this.#draw();
    this.#watch = new ResizeObserver(() => this.#resize());
    this.#watch.observe(place);
    this.#dark.addEventListener("change", this.#repaint);
  }

  /** Goes, for another chart in the same place. */
  close() {
    this.#watch.disconnect();
    this.#dark.removeEventListener("change", this.#repaint);
    this.plot.destroy();
  }

  /** @param {(number | null | undefined)[][]} columns @param {number} end the last second of the axis */
  show(columns, end) {
    this.columns = columns;
    this.end = end;
    this.plot.setData(this.#drawn);
  }

  #resize() {
    const width = this.place.clientWidth;
    if (width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }

  get #drawn() {
    return this.look.isArea ? stacked(this.columns, this.units) : this.columns;
  }

  #draw() {
    this.plot?.destroy();
    const style = getComputedStyle(this.place);
    const colour = (token) => style.getPropertyValue(`--color-${token}`).trim();
    const units = [...new Set(this.units)];
    const range = (_plot, least, most) => this.#range(least, most);
    const options = {
      width: this.place.clientWidth || 320,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      hooks: { setCursor: [() => this.#point()] },
      scales: {
        x: { range: () => [this.#end - this.spanSeconds, this.#end] },
        ...Object.fromEntries(units.map((unit) => [unit, { range }])),
      },
      axes: this.#axes(units, colour),
      bands: this.look.isArea ? bands(this.units) : [],
      series: [
        {},
        ...this.lines.map(({ tone, unit }, n) => ({
          scale: unit,
          stroke: colour(tone),
          width: 2,
          dash: DASHES[n],
          fill: this.look.isArea ? clear(colour(tone)) : undefined,
          points: { show: Boolean(this.look.isSparse), size: 4 },
        })),
      ],
    };
    this.plot = new globalThis.uPlot(options, this.#drawn, this.place);
    this.hint = new Hint(this.plot.over, this.lines, this.spanSeconds);
  }

  // The first unit has its axis at the left, and the grid; another has one at the right.
  #axes(units, colour) {
    const axis = { stroke: colour("muted"), ticks: { show: false } };
    const grid = { stroke: colour("line"), width: 1 };
    const clock = this.spanSeconds > DAY_SECONDS ? CALENDAR : CLOCK;
    const time = (_plot, splits) => splits.map((at) => clock.format(at * 1000));
    const sides = units.map((unit, n) => ({
      ...axis,
      ...STEPS[unit],
      scale: unit,
      side: n ? RIGHT : LEFT,
      grid: n ? { show: false } : grid,
      size: AXIS_WIDTH,
      values: (_plot, splits) => splits.map((value) => written(value, unit)),
    }));
    return [{ ...axis, grid, size: CLOCK_HEIGHT, space: 60, values: time }, ...sides];
  }

  #point() {
    const { cursor, over } = this.plot;
    if (cursor.idx === null || cursor.idx === undefined || cursor.left < 0) return this.hint?.hide();
    const [moments, ...lines] = this.columns;
    const values = lines.map((column) => held(column, cursor.idx));
    return this.hint?.show(moments[cursor.idx], values, cursor.left, over.clientWidth);
  }

  get #end() {
    return this.end || Date.now() / 1000;
  }

  #range(least, most) {
    if (least === null || most === null) return [0, 1];
    if (this.look.isSparse && !this.look.isArea) {
      const room = (most - least || Math.abs(most) || 1) * 0.1;
      return [least - room, most + room];
    }
    return [Math.min(0, least * 1.1), most > 0 ? most * 1.1 : Number(least >= 0)];
  }
}
