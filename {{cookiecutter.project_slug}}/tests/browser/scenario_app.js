// An app on the browser's client that does what a scenario says and writes down what it is told.

import { connect } from "/static/web/realtime.js";

export class App {
  told = [];
  draws = 0;
  #tickets = 0;

  constructor({ url, topic, since, presence }) {
    const note = (...told) => this.told.push(told);
    this.topic = topic;
    this.live = connect({
      url,
      random: () => (this.draws += 1) && 0,
      ticket: async () => `ticket-${(this.#tickets += 1)}`,
      onStatus: ({ state, code }) => note("state", state, ...(code ? [code] : [])),
    });
    this.room = this.live.subscribe(topic, {
      since: since ?? undefined,
      presence: presence || undefined,
      onMessage: (data, { offset }) => note("message", offset, data),
      onGap: ({ reason, epoch, offset }) => note("gap", reason, epoch, offset),
      onSignal: (data) => note("signal", data),
      onPresence: ({ count, members }) => note("here", members?.map(({ user }) => user) ?? count),
      onStatus: ({ state, code }) => state === "ended" && note("ended", code),
    });
  }

  act(action, ...values) {
    const { topic } = this;
    const [one, two, three] = values;
    const acts = {
      open: () => this.live.open(),
      online: () => globalThis.dispatchEvent(new Event("online")),
      visible: () => document.dispatchEvent(new Event("visibilitychange")),
      unsubscribe: () => this.room.unsubscribe(),
      signal: () => this.room.signal(one, two),
      publish: () => this.#ask("publish", { topic, data: one, key: two }, (result) => ["result", result]),
      call: () => this.#ask("call", { method: one, data: two }, () => [], three),
      history: () =>
        this.#ask("history", { topic, since: one, limit: two }, ({ messages, more }) => [
          "history",
          messages.map(({ offset }) => offset),
          more,
        ]),
    };
    acts[action]();
  }

  #ask(type, fields, tell, deadline_ms) {
    this.live.request(type, fields, deadline_ms).then(
      (result) => this.told.push(tell(result)),
      ({ code }) => this.told.push(["failed", code]),
    );
  }
}
