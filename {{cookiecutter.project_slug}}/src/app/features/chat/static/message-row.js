// One message on the page. The server renders the same markup: templates/chat/message.html.

import { showFace } from "./faces.js";
import { showText } from "./links.js";
import { showTime } from "./times.js";

/**
 * @typedef {{id: number, author: {id: string, name: string}, body: string, key: string, version: number,
 *   created_at: string, edited_at: string | null, deleted_at: string | null}} Message
 */

const template = /** @type {HTMLTemplateElement} */ (document.getElementById("message-template"));

/** @param {string} author @returns {HTMLElement} */
export function newRow(author) {
  const row = /** @type {HTMLElement} */ (template.content.firstElementChild.cloneNode(true));
  row.dataset.author = author;
  return row;
}

/** Finishes what the server rendered: local times, links. @param {HTMLElement} row @param {string} me */
export function adoptRow(row, me) {
  const body = row.querySelector(".message__body");
  if (!row.classList.contains("message--deleted")) showText(body, body.textContent);
  showTime(row.querySelector("time"));
  showFace(row.querySelector(".avatar"), row.dataset.author, row.querySelector(".message__author").textContent);
  allowMenu(row, me);
}

/** @param {HTMLElement} row @param {Message} message @param {string} me */
export function fillRow(row, message, me) {
  const own = message.author.id === me;
  const isDeleted = message.deleted_at !== null;
  row.className = row.classList.contains("message--joined") ? "message message--joined" : "message";
  row.classList.toggle("message--own", own);
  row.classList.toggle("message--deleted", isDeleted);
  Object.assign(row.dataset, { id: message.id, version: message.version, author: message.author.id });
  if (own) row.dataset.key = message.key;
  showFace(row.querySelector(".avatar"), message.author.id, message.author.name);
  row.querySelector(".message__author").textContent = message.author.name;
  showText(row.querySelector(".message__body"), isDeleted ? "Message deleted" : message.body);
  row.querySelector("time").dateTime = message.created_at;
  showTime(row.querySelector("time"));
  row.querySelector(".edit")?.remove();
  row.querySelector(".message__line").hidden = false;
  const state = row.querySelector(".message__state");
  state.textContent = "edited";
  state.hidden = isDeleted || message.edited_at === null;
  allowMenu(row, me);
}

/**
 * Shows a message on its way.
 * @param {HTMLElement} row @param {{key: string, body: string, at: string}} item
 */
export function fillPending(row, item) {
  row.className = "message message--own message--pending";
  row.dataset.key = item.key;
  showText(row.querySelector(".message__body"), item.body);
  row.querySelector("time").dateTime = item.at;
  showTime(row.querySelector("time"));
}

/** @param {HTMLElement} row @returns {Date} */
export function timeOf(row) {
  return new Date(row.querySelector("time").dateTime);
}

function allowMenu(row, me) {
  const deleted = row.classList.contains("message--deleted");
  row.classList.toggle("message--mine", row.dataset.author === me);
  row.querySelector(".message__menu").hidden = deleted;
}
