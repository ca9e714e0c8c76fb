// Topics over server-sent events: one stream, which goes on where it was after whatever happens.
//
// The browser reconnects by itself and says its Last-Event-ID; a page that was hidden opens the
// stream anew and says the same as `cursor`. What is missed is asked of the history (`onResume`).

import { onReturn, own, refused } from "/static/web/signed-in.js";

const NOT_AUTHENTICATED = 4401;
const RETRY_MS = 2_000; // for what the browser does not come back from; jittered, doubled up to
const RETRY_MAX_MS = 30_000;
const SILENCE_MS = 8_000; // a figure a second is due; a laptop that slept notices by this

export class Live {
  #stream = null;
  #cursor = "";
  #attempt = 0;
  #opened = false;
  #heard = new Set();
  #timers = { retry: 0, silence: 0 };

  /**
   * @param {string[]} topics
   * @param {{onMessage: (topic: string, data: any) => void, onResume: () => void,
   *          onRefused?: (topic: string) => void,
   *          onState: (state: "live" | "paused" | "waiting" | "lost" | "silent" | "stopped") => void}} told
   * @param {{link?: string, isRare?: boolean}} how the link of somebody without an account; of what
   *   is rare silence means nothing, and a page that nobody looks at goes on listening
   */
  constructor(topics, told, { link = "", isRare = false } = {}) {
    this.topics = topics;
    this.link = link;
    this.isRare = isRare;
    this.told = told;
    document.addEventListener("visibilitychange", this.#looked);
    addEventListener("online", this.#looked);
    if (!link) onReturn(this.#looked);
    this.#looked();
  }

  #looked = () => {
    if (document.visibilityState === "hidden" && !this.isRare) {
      this.#close();
      this.told.onState("paused");
    } else if (!this.#stream) {
      this.#attempt = 0;
      this.#open();
    }
  };

  #open = () => {
    this.#close();
    const path = "/realtime/events";
    const address = new URL(this.link ? path : own(path), location.href);
    for (const topic of this.topics) address.searchParams.append("topic", topic);
    if (this.link) address.searchParams.set("link", this.link);
    if (this.#cursor) address.searchParams.set("cursor", this.#cursor);
    const stream = (this.#stream = new EventSource(address.href));
    const on = (type, take) =>
      stream.addEventListener(type, ({ data, lastEventId }) => {
        this.#cursor = lastEventId || this.#cursor;
        if (this.#stream === stream) take(JSON.parse(data));
      });
    on("welcome", this.#welcome);
    on("message", ({ topic, data }) => this.#take(topic, data));
    on("gap", () => this.told.onResume());
    on("unsubscribed", ({ topic }) => this.#refused([topic]));
    on("bye", ({ retry, code }) => {
      if (!retry) this.#stop();
      if (code === NOT_AUTHENTICATED) this.#doubt();
    });
    stream.onerror = () => this.#stream === stream && this.#failed();
    this.#listen();
  };

  // The browser comes back by itself unless it was told no; then it is for us to try again.
  #failed = () => {
    this.#away();
    if (this.#stream.readyState !== EventSource.CLOSED) return;
    this.#later();
    this.#doubt();
  };

  // The status of what was refused is told to nobody: it may be that of a session that has ended.
  #doubt() {
    if (!this.link) refused();
  }

  #away() {
    this.told.onState(this.#opened ? "lost" : "waiting");
  }

  #welcome = ({ subscriptions }) => {
    this.#heard = new Set(this.topics);
    this.#refused(subscriptions.filter(({ error }) => error).map(({ topic }) => topic));
    if (!this.#stream) return;
    this.#attempt = 0;
    this.told.onState("live");
    // What came while nobody listened: of a latest topic only the newest value is told.
    if (this.#opened) this.told.onResume();
    this.#opened = true;
  };

  // One topic may end while the others go on; without any there is nothing to wait for.
  #refused(topics) {
    for (const topic of topics) {
      this.#heard.delete(topic);
      this.told.onRefused?.(topic);
    }
    if (!this.#heard.size) this.#stop();
  }

  #take(topic, data) {
    this.told.onState("live");
    this.told.onMessage(topic, data);
    this.#listen();
  }

  #listen() {
    clearTimeout(this.#timers.silence);
    if (this.isRare) return;
    this.#timers.silence = setTimeout(() => {
      if (this.#stream.readyState === EventSource.OPEN) this.told.onState("silent");
      else this.#away();
      this.#later();
    }, SILENCE_MS);
  }

  #later() {
    this.#close();
    const window = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#attempt++);
    this.#timers.retry = setTimeout(this.#open, Math.random() * window);
  }

  #stop() {
    this.#close();
    this.told.onState("stopped");
  }

  #close() {
    clearTimeout(this.#timers.retry);
    clearTimeout(this.#timers.silence);
    this.#stream?.close();
    this.#stream = null;
  }
}
