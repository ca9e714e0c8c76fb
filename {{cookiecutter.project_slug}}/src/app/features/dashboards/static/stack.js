// Areas stand on each other: what is drawn of a line is the sum of it and of those below it.
//
// Lines of another unit are another stack. What a line has no value for counts as nothing; where no
// line of a stack has one, the stack is broken.

/**
 * The value of a line at a place: where others have a moment of their own, its last one.
 * @param {(number | null | undefined)[]} column @param {number} place
 */
export function held(column, place) {
  let at = place;
  while (at > 0 && column[at] === undefined) at -= 1;
  return column[at] ?? null;
}

/**
 * What is drawn of columns, the moments first. @param {(number | null | undefined)[][]} columns
 * @param {string[]} units of the lines @returns {(number | null)[][]}
 */
export function stacked([moments, ...lines], units) {
  const whole = lines.map((column) => {
    let last = null;
    return column.map((value) => (last = value === undefined ? last : value));
  });
  return [moments, ...whole.map((_, n) => {
    const stack = whole.filter((_, other) => units[other] === units[n]);
    const below = whole.filter((_, other) => other <= n && units[other] === units[n]);
    const sum = (place) => below.reduce((total, column) => total + (column[place] ?? 0), 0);
    return moments.map((_, place) => (stack.some((column) => column[place] !== null) ? sum(place) : null));
  })];
}

/** What uPlot fills between: each line of a stack and the one below it. @param {string[]} units */
export function bands(units) {
  return units.flatMap((unit, n) => {
    const below = units.lastIndexOf(unit, n - 1);
    return n && below >= 0 ? [{ series: [n + 1, below + 1] }] : [];
  });
}
