// The browser's half of the realtime core: one connection, many topics, nothing lost, nothing twice.
// docs/client.md has the contract, and how to use it.

import { Socket } from "./realtime-socket.js";
import { Stream } from "./realtime-stream.js";
import { Subscriptions } from "./realtime-subscriptions.js";

const RETRY_WINDOW_MS = 1_000; // until the server names its own
const RETRY_MAX_MS = 30_000;
const DEADLINE_MS = 5_000;
const SOCKETS_BEFORE_STREAM = 3;
const STREAM_TOPICS = 16;
const STREAM_MS = 10_000; // then a socket is tried again, later each time up to
const STREAM_MAX_MS = 300_000;

/** @param {import("./realtime-types.js").Options} options */
export function connect(options) {
  return new Connection(options);
}

class Connection {
  #topics = new Subscriptions((after_ms = 0) => after_ms + this.#jitter(this.#retryWindow));
  /** @type {Socket | Stream | null} */ #link = null;
  #timers = {};
  #state;
  #retryWindow = RETRY_WINDOW_MS;
  #attempt = 0; // doubles the retry window
  #failures = 0; // sockets in a row that never got as far as hello
  #streams = 0; // doubles the time spent on a stream
  #after = 0; // the pause that the server asked for, in milliseconds

  constructor(options) {
    const { WebSocket, EventSource, location, document } = globalThis;
    const page = location?.href;
    this.options = { client: "web/1", random: Math.random, WebSocket, EventSource, ...options };
    this.socketUrl = new URL(options.url, page);
    this.socketUrl.protocol = this.socketUrl.protocol.replace("http", "ws");
    this.streamUrl = new URL(options.eventsUrl ?? "/realtime/events", page ?? options.url);
    for (const event of ["online", "offline"]) globalThis.addEventListener?.(event, this.#check);
    document?.addEventListener("visibilitychange", this.#check);
    this.#set("connecting");
    queueMicrotask(this.#open); // after the caller's first subscribe calls: they travel in the hello
  }

  /** @returns {import("./realtime-types.js").State} */
  get state() {
    return this.#state;
  }

  /**
   * Listens to a topic. There is one listener a topic: a second call replaces the first.
   * @param {string} topic @param {import("./realtime-types.js").Listener} listener
   */
  subscribe(topic, listener) {
    const entry = this.#topics.add(topic, listener);
    this.#reopenStream();
    return {
      topic,
      signal: (data, key) => this.signal(topic, data, key),
      unsubscribe: () => this.#topics.has(entry) && this.unsubscribe(topic),
      get position() {
        return entry.since;
      },
    };
  }

  /** @param {string} topic */
  unsubscribe(topic) {
    this.#topics.remove(topic);
    this.#reopenStream();
  }

  /**
   * Tells the others on a topic something that nobody keeps; of one `key` the newest is enough.
   * Without a socket it is dropped.
   * @param {string} topic @param {unknown} data @param {string} [key]
   */
  signal(topic, data, key) {
    if (this.#link?.isReady) this.#link.send({ type: "signal", topic, data, key });
  }

  /**
   * Sends a command (`publish`, `call`, `history`, `presence`). Rejects with the server's
   * `{code, message, retry}`; after `deadline` it may have taken effect all the same.
   * @param {string} type @param {object} fields @returns {Promise<any>}
   */
  request(type, fields, deadline_ms = DEADLINE_MS) {
    return new Promise((resolve, reject) => {
      if (!this.#link?.isReady) return reject({ code: "unavailable", retry: true });
      const late = setTimeout(reject, deadline_ms, { code: "deadline", retry: true });
      this.#link.command({ type, deadline_ms, ...fields }, ({ result, error }) => {
        clearTimeout(late);
        if (error) reject(error);
        else resolve(result);
      });
    });
  }

  /** Ends the connection until `open`. */
  close() {
    this.#stop();
  }

  /** Begins anew after `stopped`, when somebody has signed in again, say. */
  open() {
    if (this.#state !== "stopped") return;
    this.#attempt = 0;
    this.#set("connecting");
    this.#open();
  }

  #open = () => {
    this.#after = 0;
    const { ticket, client, WebSocket, EventSource } = this.options;
    if (this.#failures >= SOCKETS_BEFORE_STREAM && EventSource) return this.#openStream();
    let asked = [];
    this.#link = new Socket(this.socketUrl.href, {
      WebSocket,
      hello: (say) => {
        const greet = (proof) => {
          asked = this.#topics.all;
          const subscriptions = asked.map((topic) => topic.wish);
          say({ type: "hello", client, ticket: proof, subscriptions });
        };
        if (ticket) ticket().then(greet, console.error); // without one its silence ends the socket
        else greet();
      },
      onReady: (result) => this.#begin(asked, result),
      onFrame: this.#take,
      onClosed: this.#closed,
    });
  };

  #begin(asked, { retry_window_ms, subscriptions }) {
    this.#retryWindow = retry_window_ms;
    this.#attempt = this.#failures = this.#streams = 0;
    this.#set("live");
    this.#topics.begin(this.#link, asked, subscriptions);
  }

  #openStream = () => {
    this.#link?.close();
    this.#link = new Stream(this.streamUrl.href, {
      EventSource: this.options.EventSource,
      topics: this.#topics.all.slice(0, STREAM_TOPICS).map(({ name }) => name),
      onFrame: this.#take,
      onPause: () => this.#set("reconnecting"),
      onClosed: this.#leaveStream,
    });
    const stay = Math.min(STREAM_MAX_MS, STREAM_MS * 2 ** this.#streams++);
    this.#later("upgrade", this.#leaveStream, stay);
  };

  #leaveStream = () => {
    this.#failures = SOCKETS_BEFORE_STREAM - 2; // one socket is tried, then it is the stream's turn
    this.#closed(0);
  };

  // A stream has its topics in its address: one for all changes of this turn.
  #reopenStream() {
    if (this.#link instanceof Stream) this.#later("reopen", this.#openStream, 0);
  }

  #take = (frame) => {
    switch (frame.type) {
      case "status":
        return this.#set(frame.state === "degraded" ? "degraded" : this.#healthy());
      case "drain":
        return (this.#retryWindow = frame.window_ms || RETRY_WINDOW_MS);
      case "expiring":
        return this.options
          .ticket?.()
          .then((ticket) => this.request("refresh", { ticket }))
          .catch(console.error); // the server ends the socket and says so
      case "welcome":
        this.#attempt = 0;
        this.#set("fallback");
        return this.#topics.welcome(frame.subscriptions);
      case "bye":
        this.#after = frame.after_ms ?? 0;
        if (!frame.retry) this.#stop(frame.code);
        return;
      default:
        this.#topics.take(frame);
    }
  };

  // The one rule of close codes: 44xx stops, everything else is tried again.
  #closed = (code) => {
    if (code >= 4400 && code < 4500) return this.#stop(code);
    const isOffline = globalThis.navigator?.onLine === false;
    // Without a network a stream gets through no better.
    if (!isOffline && this.#state !== "live" && this.#state !== "degraded") this.#failures += 1;
    this.#hangUp();
    // Full jitter, the first time too: the clients of a restarted server come back spread out.
    const window = Math.min(RETRY_MAX_MS, this.#retryWindow * 2 ** this.#attempt++);
    this.#later("retry", this.#open, this.#after + this.#jitter(window));
    this.#set(isOffline ? "offline" : "reconnecting");
  };

  #stop(code) {
    this.#hangUp();
    this.#set("stopped", code);
  }

  #hangUp() {
    this.#link?.close();
    this.#link = null;
    Object.values(this.#timers).forEach(clearTimeout);
    this.#topics.leave();
  }

  // The network or the page woke up: ask, rather than wait for a timer to notice what happened.
  #check = () => {
    if (globalThis.document?.visibilityState === "hidden" || this.#state === "stopped") return;
    if (this.#link?.isReady) this.#link.probe();
    else if (!this.#link) {
      this.#attempt = 0;
      this.#later("retry", this.#open, this.#jitter(RETRY_WINDOW_MS));
    }
  };

  #later(name, run, ms) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(run, ms);
  }

  #jitter(window_ms) {
    return this.options.random() * window_ms;
  }

  #healthy() {
    return this.#link?.isReady ? "live" : "fallback";
  }

  #set(state, code) {
    if (state === this.#state) return;
    this.#state = state;
    this.options.onStatus?.({ state, code });
  }
}
