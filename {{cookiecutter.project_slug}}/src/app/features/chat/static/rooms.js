// The list of rooms: unread counts that move as messages come in, rooms that come and go.

import { Failure, call } from "./api.js";
import { isolate } from "./isolate.js";
import { showWhen } from "./times.js";

const LIVE_ROOMS = 100; // of the 128 topics of a connection; the others count when the page loads

export class Rooms {
  /**
   * @param {{live: any, me: string, inbox: string, unreadMax: number, openRoom: string | undefined,
   *   title: string}} options
   */
  constructor({ live, me, inbox, unreadMax, openRoom, title }) {
    Object.assign(this, { live, me, inbox, unreadMax, openRoom, title });
    this.list = document.getElementById("my-rooms");
    this.template = /** @type {HTMLTemplateElement} */ (document.getElementById("room-template"));
    this.onRenamed = (_room, _name) => {};
    for (const time of this.list.querySelectorAll("time[datetime]")) showWhen(time);
    document.addEventListener("visibilitychange", () => this.#count());
    this.#count();
  }

  /** Begins to listen, after the open room: where few topics fit, the first ones do. */
  listen() {
    this.live.subscribe(this.inbox, {
      onMessage: (event) => this.#personal(event),
      onGap: () => this.reload(),
      // What happened between the rendering of the page and now is on no topic that we heard.
      onStatus: once("live", () => this.reload()),
    });
    for (const item of this.#items()) this.#listen(item.dataset.room);
  }

  async reload() {
    try {
      const { mine } = await call("GET", "/rooms");
      const known = new Set(mine.map((room) => room.id));
      for (const item of this.#items()) if (!known.has(item.dataset.room)) this.#drop(item.dataset.room);
      for (const room of mine.toReversed()) this.#put(room);
      this.#order(mine.map((room) => room.id));
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure; // the counts stay as they are
    }
  }

  /** The reader has seen the room up to a message. @param {string} room @param {number} messageId */
  read(room, messageId) {
    const item = this.#find(room);
    if (!item || Number(item.dataset.read) >= messageId) return;
    item.dataset.read = String(messageId);
    if (Number(item.dataset.last) <= messageId) item.dataset.unread = "0";
    this.#show(item);
  }

  /** Takes an event of any of the reader's rooms. @param {string} room @param {any} event */
  take(room, event) {
    const item = this.#find(room);
    if (!item) return;
    if (event.type === "message_posted") this.#posted(item, event.message);
    else if (event.message?.id === Number(item.dataset.last)) preview(item, event.message);
    if (event.type === "room_renamed" && Number(item.dataset.version) < event.version) {
      item.dataset.version = event.version;
      item.querySelector(".room-link__name").textContent = event.name;
      this.onRenamed(room, event.name);
    }
  }

  #posted(item, message) {
    if (Number(item.dataset.last) >= message.id) return; // counted already when the page was made
    item.dataset.last = String(message.id);
    preview(item, message);
    if (message.author.id !== this.me) {
      item.dataset.unread = String(Math.min(this.unreadMax, Number(item.dataset.unread) + 1));
    }
    if (this.list.firstElementChild !== item) this.list.prepend(item);
    this.#show(item);
  }

  #personal(event) {
    if (event.type === "room_entered") this.#put(event.room);
    if (event.type === "room_left") this.#drop(event.room_id);
    if (event.type !== "room_read") return;
    const item = this.#find(event.room_id);
    // Read elsewhere, perhaps not to the end: then only the service knows the count.
    if (item && Number(item.dataset.last) > event.last_read_message_id) this.reload();
    else this.read(event.room_id, event.last_read_message_id);
  }

  #put(room) {
    const known = this.#find(room.id);
    const item = known ?? this.template.content.firstElementChild.cloneNode(true);
    Object.assign(item.dataset, { room: room.id, last: room.last_message_id, version: room.version });
    Object.assign(item.dataset, { read: room.last_read_message_id, unread: room.unread });
    item.querySelector("a").href = `/chat/${room.id}`;
    item.querySelector(".room-link__name").textContent = room.name;
    const last = room.last_message;
    if (last) preview(item, { ...last, author: { name: last.author_name } });
    item.querySelector(".room-link__sign").classList.toggle("room-link__sign--private", room.is_private);
    if (room.id === this.openRoom) item.querySelector("a").setAttribute("aria-current", "page");
    if (!known) this.list.prepend(item);
    document.querySelector(`[data-open-room="${room.id}"]`)?.remove();
    if (!known) this.#listen(room.id);
    this.#show(item);
  }

  // What is moved loses the keyboard's focus, so nothing is moved without need.
  #order(rooms) {
    const items = this.#items();
    if (items.every((item, place) => item.dataset.room === rooms[place])) return;
    this.list.append(...rooms.map((room) => this.#find(room)));
  }

  #drop(room) {
    this.#find(room)?.remove();
    if (room !== this.openRoom) this.live.unsubscribe(`chat:${room}`);
    this.#count();
  }

  #listen(room) {
    if (room === this.openRoom || this.#items().length > LIVE_ROOMS) return;
    this.live.subscribe(`chat:${room}`, {
      onMessage: (event) => this.take(room, event),
      onGap: () => this.reload(),
    });
  }

  #items() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-room]")]);
  }

  #find(room) {
    return this.#items().find((item) => item.dataset.room === room);
  }

  #show(item) {
    const unread = Number(item.dataset.unread);
    const isShown = unread > 0 && (item.dataset.room !== this.openRoom || document.hidden);
    const badge = item.querySelector(".badge");
    const spoken = document.createElement("span");
    spoken.className = "visually-hidden";
    spoken.textContent = " unread";
    badge.replaceChildren(unread < this.unreadMax ? String(unread) : `${this.unreadMax - 1}+`, spoken);
    badge.hidden = !isShown;
    item.classList.toggle("rooms__item--unread", isShown);
    this.#count();
  }

  #count() {
    const items = this.#items();
    const unread = items.reduce((sum, item) => sum + Number(item.dataset.unread), 0);
    document.title = unread && document.hidden ? `(${unread}) ${this.title}` : this.title;
    document.getElementById("no-rooms").hidden = items.length > 0;
    const open = document.getElementById("open-rooms");
    open.hidden = !open.querySelector("li");
  }
}

function preview(item, { author, body, created_at }) {
  item.querySelector(".room-link__preview").replaceChildren(isolate(author.name), ": ", isolate(body || "Message deleted"));
  const time = item.querySelector("time");
  time.dateTime = created_at;
  showWhen(time);
}

function once(state, act) {
  let done = false;
  return (status) => {
    if (status.state !== state || done) return;
    done = true;
    act();
  };
}
