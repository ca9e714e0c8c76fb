// What the page knows of a span of time: one column of moments, and one of values for each name.
//
// A moment is a second, or the first one of a bucket of `stepSeconds`: then values are means, into
// which what comes live is counted.

const HOLE_SECONDS = 3; // so much later, a line is broken instead of drawn across
const HOLE_STEPS = 2.5;

export class Series {
  /** @type {number[]} */ at = [];
  /** @type {Map<string, (number | null | undefined)[]>} */ values;
  #counted = new Map();
  #clock = 0;

  /**
   * @param {string[]} names @param {number} spanSeconds
   * @param {{stepSeconds?: number, holeSeconds?: number, isSparse?: boolean}} how in a sparse one
   *   names have moments of their own: a moment without a value breaks no line
   */
  constructor(names, spanSeconds, { stepSeconds = 1, holeSeconds = 0, isSparse = false } = {}) {
    this.spanSeconds = spanSeconds;
    this.stepSeconds = stepSeconds;
    this.holeSeconds = Math.max(HOLE_SECONDS, HOLE_STEPS * stepSeconds, holeSeconds);
    this.isSparse = isSparse;
    this.blank = isSparse ? undefined : null; // what uPlot draws across, and what it does not
    this.values = new Map(names.map((name) => [name, []]));
  }

  get newest() {
    return this.at.at(-1) ?? 0;
  }

  /** A name that was not known before. @param {string} name */
  learn(name) {
    if (!this.values.has(name)) this.values.set(name, this.at.map(() => this.blank));
  }

  /** Takes one second, in whatever order seconds come; figures of other topics stay as they are. */
  add(second, figures) {
    const at = second - (second % this.stepSeconds);
    const place = this.#place(at);
    for (const [name, column] of this.values) {
      if (figures[name] === undefined) continue;
      column.splice(place, 1, this.#counting(name, column[place], { at, second, value: figures[name] }));
    }
    this.passed(second);
  }

  /** Takes a range as the service gives it: columns for each figure. */
  addRange(series) {
    const rows = new Map();
    for (const { figure, at, mean } of series) {
      at.forEach((second, place) => {
        if (!rows.has(second)) rows.set(second, new Map());
        rows.get(second).set(figure, mean[place]);
      });
    }
    for (const second of [...rows.keys()].sort((a, b) => a - b)) {
      const place = this.#place(second);
      for (const [name, value] of rows.get(second)) this.values.get(name)?.splice(place, 1, value);
    }
    this.#counted.clear();
    this.passed(this.newest);
  }

  /** Time goes on though nothing came. @param {number} second */
  passed(second) {
    this.#clock = Math.max(this.#clock, second);
    this.#forget();
  }

  /** The end of a chart: the last moment that anything is known of. */
  get end() {
    return Math.max(this.newest, this.#clock);
  }

  /** Columns for a chart, with an empty moment in every hole. @param {string[]} names */
  columns(names) {
    const columns = [[], ...names.map(() => [])];
    this.at.forEach((moment, place) => {
      const before = this.at[place - 1];
      if (place && moment - before > this.holeSeconds) {
        columns[0].push(before + this.stepSeconds);
        names.forEach((_, n) => columns[n + 1].push(null));
      }
      columns[0].push(moment);
      names.forEach((name, n) => columns[n + 1].push(this.values.get(name)[place]));
    });
    return columns;
  }

  /** The newest value of a figure, and its least, mean and most. @param {string} name */
  summary(name) {
    const column = this.values.get(name) ?? [];
    const known = column.filter((value) => value !== null && value !== undefined);
    if (!known.length) return { now: null, least: null, mean: null, most: null };
    const sum = known.reduce((total, value) => total + value, 0);
    return {
      now: (this.isSparse ? known : column).at(-1) ?? null,
      least: Math.min(...known),
      mean: sum / known.length,
      most: Math.max(...known),
    };
  }

  #place(at) {
    let place = this.at.length;
    while (place && this.at[place - 1] >= at) place -= 1;
    if (this.at[place] !== at) {
      this.at.splice(place, 0, at);
      for (const column of this.values.values()) column.splice(place, 0, this.blank);
    }
    return place;
  }

  // The mean of a bucket with one value more. Of a bucket of the history nobody says how many it
  // has: one for each of its seconds so far.
  #counting(name, before, { at, second, value }) {
    if (this.stepSeconds === 1) return value;
    const known = this.#counted.get(name);
    const isEmpty = before === null || before === undefined;
    const count = isEmpty ? 0 : known?.at === at ? known.count : Math.max(1, second - at);
    this.#counted.set(name, { at, count: count + 1 });
    return isEmpty ? value : before + (value - before) / (count + 1);
  }

  #forget() {
    const first = this.end - this.spanSeconds;
    const old = this.at.findIndex((second) => second >= first);
    const gone = old < 0 ? this.at.length : old;
    if (!gone) return;
    this.at.splice(0, gone);
    for (const column of this.values.values()) column.splice(0, gone);
  }
}
