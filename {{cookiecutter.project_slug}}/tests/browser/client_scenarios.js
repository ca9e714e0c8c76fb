// What only the browser's client does, against a socket made of paper: each scenario returns what
// the page was told and what it should have been. `test_client.py` runs them in Chromium; what every
// client does is in `tests/realtime/client/scenarios.py`.

import { connect } from "/static/web/realtime.js";

const TOPIC = "news:7";
const PAUSE_MS = 5;
const PATIENT_TRIES = 60_000 / PAUSE_MS; // as long as everything else waits for a busy machine
const FACTS = { ping_ms: 20_000, pong_ms: 10_000, retry_window_ms: 40 };

/** A socket that a scenario plays the server of. */
class PaperSocket {
  static all = [];
  readyState = 0;
  sent = [];
  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    PaperSocket.all.push(this);
  }
  static get last() {
    return PaperSocket.all.at(-1);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  accept() {
    this.readyState = 1;
    this.onopen();
    return this.sent.at(-1);
  }
  push(...frames) {
    this.onmessage({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
  }
  cut(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

class PaperStream {
  static last = null;
  readyState = 1;
  listeners = {};
  constructor(url) {
    this.url = url;
    PaperStream.last = this;
  }
  addEventListener(type, listen) {
    this.listeners[type] = listen;
  }
  close() {
    this.readyState = 2;
  }
  event(type, data) {
    this.listeners[type]({ data: JSON.stringify(data) });
  }
}

async function until(condition, what = "the condition") {
  for (let tries = 0; tries < PATIENT_TRIES; tries += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Begins a connection with one topic whose listener writes everything down. */
async function begin(listener = {}, options = {}) {
  PaperSocket.all = [];
  const told = [];
  const note = (name) => (value) => told.push([name, value]);
  const live = connect({
    url: "http://paper.test/realtime/socket",
    WebSocket: PaperSocket,
    EventSource: PaperStream,
    random: () => 0,
    onStatus: ({ state, code }) => told.push(code ? [state, code] : [state]),
    ...options,
  });
  const room = live.subscribe(TOPIC, {
    onMessage: note("message"),
    onGap: ({ reason }) => told.push(["gap", reason]),
    ...listener,
  });
  await until(() => PaperSocket.all.length, "a socket");
  return { live, room, told };
}

function hello(socket, answers, facts = {}) {
  const { id } = socket.accept();
  socket.push({ type: "reply", id, result: { ...FACTS, ...facts, subscriptions: answers } });
}

const at = (offset, more = {}) => ({ topic: TOPIC, epoch: "e1", offset, messages: [], ...more });
const message = (offset, data = offset) => ({ type: "message", topic: TOPIC, offset, data });

export const scenarios = {
  async "the first frame is a hello with every topic and its position"() {
    await begin({ since: { epoch: "e1", offset: 41 }, presence: true });
    const { type, subscriptions } = PaperSocket.last.accept();
    const protocol = PaperSocket.last.protocol;
    const expected = [{ topic: TOPIC, since: { epoch: "e1", offset: 41 }, presence: true }];
    return [[protocol, type, subscriptions], ["realtime.v1.json", "hello", expected]];
  },

  async "a listener that throws does not keep the next line from the others"() {
    globalThis.reportError = () => {};
    const seen = [];
    await begin({
      onMessage: (data) => {
        seen.push(data);
        throw new Error("the page has a bug");
      },
    });
    hello(PaperSocket.last, [at(0)]);
    PaperSocket.last.push(message(1), message(2));
    return [seen, [1, 2]];
  },

  async "what is subscribed while hello is on its way is asked for afterwards"() {
    const { live } = await begin();
    const { id } = PaperSocket.last.accept();
    live.subscribe("news:8", {});
    live.unsubscribe(TOPIC);
    PaperSocket.last.push({ type: "reply", id, result: { ...FACTS, subscriptions: [at(0)] } });
    const sent = PaperSocket.last.sent.slice(1).map(({ type, topic }) => [type, topic]);
    return [sent, [["subscribe", "news:8"], ["unsubscribe", TOPIC]]];
  },

  async "without a network it is a socket that is tried, however often"() {
    Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
    const { live } = await begin();
    PaperStream.last = null;
    for (let tries = 1; tries <= 5; tries += 1) {
      await until(() => PaperSocket.all.length === tries, `socket ${tries}`);
      PaperSocket.last.cut(1006);
    }
    live.close();
    delete navigator.onLine;
    return [PaperStream.last, null];
  },

  async "where no socket gets through, a stream takes over and a difference is a gap"() {
    const { told } = await begin({ since: { epoch: "e1", offset: 3 } });
    for (let tries = 1; tries <= 3; tries += 1) {
      await until(() => PaperSocket.all.length === tries, `socket ${tries}`);
      PaperStream.last = null;
      PaperSocket.last.cut(1006);
    }
    await until(() => PaperStream.last, "a stream");
    const stream = PaperStream.last;
    stream.event("welcome", { ...FACTS, subscriptions: [at(5)] });
    stream.event("message", message(6));
    const heard = told.filter(([name]) => ["gap", "message", "fallback"].includes(name));
    return [
      [new URL(stream.url).search, heard],
      ["?topic=news%3A7", [["fallback"], ["gap", "lost"], ["message", 6]]],
    ];
  },
};
