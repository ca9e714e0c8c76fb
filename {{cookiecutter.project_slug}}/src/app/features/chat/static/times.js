// Times as the reader's own language and time zone write them.

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const YEAR = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const SHORT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_MS = 86_400_000;

/** @param {HTMLTimeElement} element */
export function showTime(element) {
  const at = new Date(element.dateTime);
  element.textContent = CLOCK.format(at);
  element.title = FULL.format(at);
}

/** The clock for today, else the day: for lists. @param {HTMLTimeElement} element */
export function showWhen(element) {
  const at = new Date(element.dateTime);
  element.textContent = sameDay(at, new Date()) ? CLOCK.format(at) : SHORT.format(at);
  element.title = FULL.format(at);
}

/** @param {Date} at @param {Date} [now] */
export function dayName(at, now = new Date()) {
  const days = Math.round((midnight(at).getTime() - midnight(now).getTime()) / DAY_MS);
  if (days > -2 && days < 1) {
    const name = RELATIVE.format(days, "day");
    return name.charAt(0).toLocaleUpperCase() + name.slice(1);
  }
  return (at.getFullYear() === now.getFullYear() ? DAY : YEAR).format(at);
}

/** @param {Date} one @param {Date} other */
export function sameDay(one, other) {
  return midnight(one).getTime() === midnight(other).getTime();
}

function midnight(at) {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate());
}
