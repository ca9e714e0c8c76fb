// Times as the reader's own language and time zone write them.

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** @param {HTMLTimeElement} element */
export function showClock(element) {
  const at = new Date(element.dateTime);
  element.textContent = CLOCK.format(at);
  element.title = FULL.format(at);
}

/** How long ago; "never" without a moment. @param {HTMLTimeElement} element */
export function showAgo(element) {
  if (!element.dateTime) {
    element.textContent = "never";
    return;
  }
  const at = new Date(element.dateTime);
  const seconds = (at.getTime() - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => -seconds >= size) ?? ["minute", 60];
  element.textContent = -seconds < 60 ? "just now" : AGO.format(Math.round(seconds / size), unit);
  element.title = FULL.format(at);
}

/** @param {number} ms */
export function moment(ms) {
  return MOMENT.format(new Date(ms));
}
