// What stands under the pointer: a moment, and the value of each line then, as it is and not as it
// is stacked. Whoever has no pointer finds values in the table beside the chart.

import { written } from "./units.js";

const DAY_SECONDS = 86_400;
const GAP = 12; // between the pointer and what it points at, in pixels

/** How a moment is told, the finer the shorter a chart is. @param {number} spanSeconds */
function clock(spanSeconds) {
  const time = { hour: "2-digit", minute: "2-digit" };
  if (spanSeconds < DAY_SECONDS) return new Intl.DateTimeFormat(undefined, { ...time, second: "2-digit" });
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", ...time });
}

export class Hint {
  #box = document.createElement("div");
  #moment = document.createElement("b");
  #values;
  #clock;

  /** @param {HTMLElement} place @param {{title: string, unit: string}[]} lines @param {number} spanSeconds */
  constructor(place, lines, spanSeconds) {
    this.lines = lines;
    this.#clock = clock(spanSeconds);
    this.#box.className = "figure__hint";
    this.#box.hidden = true;
    this.#box.append(this.#moment);
    this.#values = lines.map(({ mark, title }) => {
      const row = this.#box.appendChild(document.createElement("p"));
      const name = document.createElement("span");
      name.dir = "auto";
      name.textContent = title;
      row.append(mark?.cloneNode() ?? "", name);
      return row.appendChild(document.createElement("b"));
    });
    place.append(this.#box);
  }

  /** @param {number} left of the pointer, in pixels @param {number} width of the chart */
  show(second, values, left, width) {
    this.#moment.textContent = this.#clock.format(second * 1000);
    values.forEach((value, n) => (this.#values[n].textContent = written(value, this.lines[n].unit)));
    const { style } = this.#box;
    const isRight = left > width / 2;
    style.left = isRight ? "auto" : `${left + GAP}px`;
    style.right = isRight ? `${width - left + GAP}px` : "auto";
    this.#box.hidden = false;
  }

  hide() {
    this.#box.hidden = true;
  }
}
