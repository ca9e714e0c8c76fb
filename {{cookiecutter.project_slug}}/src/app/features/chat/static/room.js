// The open room: what its topic tells goes to the parts of the page, what the person does to the service.

import { onReturn } from "/static/web/signed-in.js";

import { Failure, call } from "./api.js";
import { Composer } from "./composer.js";
import { onDialog } from "./dialogs.js";
import { History } from "./history.js";
import { Members } from "./members.js";
import { MessageActions } from "./message-actions.js";
import { MessageList } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Here } from "./presence.js";
import { PendingRows } from "./pending.js";
import { notify } from "./status.js";
import { Typing } from "./typing.js";

const READ_MS = 600;

export class Room {
  /** @param {{element: HTMLElement, me: string, live: any, rooms: import("./rooms.js").Rooms}} options */
  constructor({ element, me, live, rooms }) {
    const { room, topic, epoch, offset, read, version } = element.dataset;
    Object.assign(this, { id: room, me, rooms, version: Number(version), readId: Number(read ?? 0) });
    this.announcer = document.getElementById("announcer");
    this.members = new Members({ room, me });
    this.here = new Here({ me, members: this.members });
    this.typing = new Typing({ me, nameOf: (user) => this.members.nameOf(user) });
    this.list = new MessageList({ me, onMove: () => this.#seen() });
    this.history = new History({ room, list: this.list });
    const isModerator = () => this.members.myRole() !== "member";
    this.actions = new MessageActions({ room, list: this.list, isModerator });
    this.pending = new PendingRows(this.list);
    this.outbox = new Outbox({
      room,
      me,
      onPosted: (message) => this.#show(message),
      onWaiting: (item) => this.pending.waits(item),
      onRefused: (item, failure) => this.pending.refused(item, failure, this.outbox),
    });
    this.composer = new Composer({
      room,
      onSend: (body) => this.#send(body),
      onInput: (isEmpty) => this.typing.input(isEmpty),
      onEditLast: () => this.actions.editLast(),
    });
    for (const item of this.outbox.items) this.pending.add(item);
    onReturn(() => this.outbox.resume());
    this.#wireDialogs();
    this.#begin();
    this.subscription = live.subscribe(topic, {
      since: epoch && { epoch, offset: Number(offset) },
      presence: true,
      onMessage: (event) => this.#take(event),
      onSignal: (signal) => this.typing.take(signal),
      onPresence: (presence) => this.here.show(presence),
      onGap: () => this.#reload(),
      onStatus: (status) => this.#status(status),
    });
    this.typing.signal = (data, key) => this.subscription.signal(data, key);
    // Without a position from the page nobody knows what came between its rows and the first message.
    this.mustReload = !epoch;
    document.addEventListener("visibilitychange", () => this.#turned());
    addEventListener("focus", () => this.#seen());
  }

  #begin() {
    const line = this.list.divideAfter(this.readId);
    this.list.toBottom();
    if (line) this.list.reveal(line);
    this.outbox.wake();
    this.#seen();
  }

  #send(body) {
    this.typing.stop();
    this.list.undivide();
    this.pending.add(this.outbox.add(body));
    this.list.toBottom();
  }

  #take(event) {
    this.rooms.take(this.id, event);
    if (event.message) return this.#show(event.message, event.type);
    if (event.version <= this.version) return;
    this.version = event.version;
    if (event.type === "member_joined") this.members.add(event.member);
    if (event.type === "role_changed") this.members.setRole(event.user_id, event.role);
    if (event.type === "room_deleted") this.#over("This room was deleted.");
    if (event.type === "member_left") {
      this.members.drop(event.user_id);
      this.typing.forget(event.user_id);
      if (event.user_id === this.me) this.#over("You are no longer in this room.");
    }
  }

  #show(message, type = "message_posted") {
    const isNew = this.list.put(message);
    if (type !== "message_posted") return;
    this.typing.forget(message.author.id);
    if (isNew && message.author.id !== this.me) {
      this.announcer.textContent = `${message.author.name}: ${message.body}`;
      if (document.hidden && !this.list.list.querySelector(".divider")) this.list.divideAfter(this.readId);
    }
    this.#seen();
  }

  async #reload() {
    try {
      await Promise.all([this.history.reload(), this.members.reload(), this.rooms.reload()]);
      this.mustReload = false;
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.mustReload = true;
      if (failure.again) setTimeout(() => this.mustReload && this.#reload(), 1000 + Math.random() * 4000);
      else notify(failure.message);
    }
  }

  #status({ state, code }) {
    if (state === "live") {
      this.outbox.wake();
      if (this.mustReload) this.#reload();
    } else this.here.unknown();
    if (state === "ended" && code === "forbidden") this.#over("You are no longer in this room.");
  }

  #over(reason) {
    this.composer.close(reason);
    notify(reason);
  }

  #turned() {
    if (!document.hidden) this.#seen();
  }

  // What is at the bottom of a visible page has been seen.
  #seen() {
    const newest = this.list.newestId();
    if (document.hidden || !this.list.isAtBottom() || newest <= this.readId) return;
    this.readId = newest;
    this.rooms.read(this.id, newest);
    clearTimeout(this.readTimer);
    this.readTimer = setTimeout(() => {
      // When it fails, the next mark covers this one too.
      call("PUT", `/rooms/${this.id}/read`, { message_id: this.readId }).catch(() => {});
    }, READ_MS);
  }

  #wireDialogs() {
    const path = `/rooms/${this.id}`;
    document.getElementById("notice-close").addEventListener("click", () => notify(""));
    onDialog("rename", (fields) => call("PATCH", path, fields));
    onDialog("invite", (fields) => call("POST", `${path}/members`, fields));
    onDialog("leave", async () => {
      await call("DELETE", `${path}/membership`);
      location.assign("/chat");
    });
    onDialog("delete", async () => {
      await call("DELETE", path);
      location.assign("/chat");
    });
  }
}
