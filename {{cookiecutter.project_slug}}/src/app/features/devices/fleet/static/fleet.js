// The list of devices: searched and paged without loading the page again, live where it can be seen.

import { connectOwn } from "/static/web/own-connection.js";
import { Failure, call } from "./api.js";
import { tellConnection } from "./connection.js";
import { keepCounts } from "./counts.js";
import { LiveStatus } from "./live-status.js";
import { showAgo } from "./times.js";

const TYPING_MS = 250;
const PAGE = 50;

const form = /** @type {HTMLFormElement} */ (document.getElementById("filter"));
if (form) begin();

function begin() {
  const rows = document.getElementById("rows");
  const more = /** @type {HTMLAnchorElement} */ (document.getElementById("more"));
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("row-template"));
  const live = connectOwn({ onStatus: follow });
  const status = new LiveStatus(live, showStatus);
  const counts = document.getElementById("counts");
  if (counts) keepCounts(live, counts);
  let asking = new AbortController();
  let timer = 0;
  let isOwed = false; // what was looked for last has not been found out


  for (const row of rows.children) prepare(/** @type {HTMLElement} */ (row));
  document.getElementById("search").hidden = true; // what is typed is looked for at once
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, TYPING_MS);
  });
  more.addEventListener("click", (event) => {
    event.preventDefault();
    load({ cursor: more.dataset.next });
  });
  document.getElementById("none").querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    const fields = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input, select"));
    for (const field of fields) field.value = "";
    search();
  });

  function follow(status) {
    tellConnection(status);
    if (status.state === "live" && isOwed) load();
  }

  function search() {
    const query = asked().toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    load();
  }

  function asked() {
    const filled = [...new FormData(form)].filter(([, value]) => String(value).trim());
    return new URLSearchParams(filled.map(([name, value]) => [name, String(value).trim()]));
  }

  async function load({ cursor = "" } = {}) {
    asking.abort();
    asking = new AbortController();
    const query = asked();
    // What the list is of, such as one group, stands in the path of the page and not in its query.
    for (const [name, value] of new URLSearchParams(form.dataset.fixed)) query.set(name, value);
    query.set("count", String(PAGE));
    if (cursor) query.set("cursor", cursor);
    more.setAttribute("aria-disabled", "true");
    try {
      const page = await call("GET", `?${query}`, undefined, { signal: asking.signal });
      fail("");
      isOwed = false;
      show(page, Boolean(cursor));
    } catch (failure) {
      isOwed ||= failure instanceof Failure && !cursor;
      if (failure instanceof Failure) fail(failure.message);
      else if (failure.name !== "AbortError") throw failure;
    } finally {
      more.removeAttribute("aria-disabled");
    }
  }

  function show({ items, next }, isMore) {
    // Who chose a device while the answer was on its way keeps its row, with the choice and the focus.
    const focused = document.activeElement;
    const kept = new Map([...rows.children].map((/** @type {HTMLElement} */ row) => [row.dataset.device, row]));
    const added = items.map((device) => fill(kept.get(device.id) ?? template.content.firstElementChild.cloneNode(true), device));
    if (!isMore) {
      status.clear();
      rows.replaceChildren();
    }
    rows.append(...added);
    added.forEach(prepare);
    if (rows.contains(focused)) /** @type {HTMLElement} */ (focused).focus({ preventScroll: true });
    rows.hidden = rows.children.length === 0;
    document.getElementById("none").hidden = rows.children.length > 0;
    more.hidden = !next;
    more.dataset.next = next ?? "";
    const link = asked();
    link.set("cursor", next ?? "");
    more.href = `?${link}`;
    rows.dispatchEvent(new CustomEvent("shown", { detail: { filters: asked(), fixed: form.dataset.fixed, isMore, hasMore: Boolean(next) } }));
    if (isMore) added[0]?.querySelector("a").focus({ preventScroll: true });
    document.getElementById("announcer").textContent = `${rows.children.length} devices are shown${next ? ", and there are more" : ""}.`;
  }

  function prepare(row) {
    showAgo(row.querySelector("time"));
    status.watch(row);
  }
}

function fill(row, device) {
  row.dataset.device = device.id;
  const name = row.querySelector(".fleet__name");
  name.href = `/devices/${device.id}`;
  name.textContent = name.title = device.name;
  const box = row.querySelector("input");
  if (box) {
    box.value = device.id;
    row.querySelector(".fleet__chosen").textContent = device.name;
  }
  row.querySelector(".fleet__tags").replaceChildren(...device.tags.map(badge));
  const newest = Object.entries(device.newest);
  row.querySelector(".fleet__values").textContent = newest.map(([metric, { value }]) => `${metric} ${Number(value.toPrecision(4))}`).join(" · ");
  if (device.last_seen_at) row.querySelector("time").dateTime = device.last_seen_at;
  showStatus(row, device.is_online);
  return row;
}

function badge(tag) {
  const element = document.createElement("span");
  element.className = "badge";
  element.textContent = tag;
  return element;
}

function showStatus(row, isOnline) {
  row.querySelector(".dot").classList.toggle("dot--good", isOnline);
  row.querySelector(".fleet__word").textContent = isOnline ? "Online" : "Offline";
}

function fail(message) {
  const error = document.getElementById("error");
  error.textContent = message;
  error.hidden = !message;
  // Whether there is such a device is not known then.
  if (message) document.getElementById("none").hidden = true;
}
