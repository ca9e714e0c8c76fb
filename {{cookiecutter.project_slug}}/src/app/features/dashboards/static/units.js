// How a value is written, for each unit of the catalogue.

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

function digits(value) {
  const size = Math.abs(value);
  return value.toLocaleString(undefined, { maximumFractionDigits: size < 10 ? 2 : size < 100 ? 1 : 0 });
}

function bytes(value) {
  const step = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log2(value) / 10));
  return `${digits(value / 1024 ** step)} ${BYTES[step]}`;
}

function seconds(value) {
  if (value >= 1 || value === 0) return `${digits(value)} s`;
  return value >= 0.001 ? `${digits(value * 1000)} ms` : `${digits(value * 1e6)} µs`;
}

const WRITERS = {
  bytes,
  seconds,
  percent: (value) => `${digits(value)} %`,
  per_second: (value) => `${digits(value)} /s`,
  count: digits,
  number: (value) => value.toLocaleString(undefined, { maximumSignificantDigits: 6 }), // of no known unit
};

/** @param {number | null | undefined} value @param {string} unit */
export function written(value, unit) {
  return value === null || value === undefined ? "–" : WRITERS[unit](value);
}
