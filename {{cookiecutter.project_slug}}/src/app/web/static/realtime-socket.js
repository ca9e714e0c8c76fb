// A socket that speaks realtime.v1.json: lines in, lines out, a reply for each command, and a watch
// over silence. What the frames mean is for `realtime.js`.

const PROTOCOL = "realtime.v1.json";
const HELLO_MS = 10_000;
const PROBE_MS = 3_000;

export class Socket {
  isReady = false; // hello was answered, so commands may be sent
  #replies = new Map(); // what to do with the reply to each command
  #timers = {};
  #id = 0;
  #heard = Date.now();

  /** @param {string} url @param {import("./realtime-types.js").SocketOptions} options */
  constructor(url, { WebSocket, hello, onReady, onFrame, onClosed }) {
    Object.assign(this, { onReady, onFrame, onClosed });
    const socket = (this.socket = new WebSocket(url, PROTOCOL));
    socket.onopen = () => hello((command) => this.#hello(command));
    socket.onmessage = (event) => this.#read(event.data);
    socket.onclose = (event) => this.#end(event.code);
    this.#watch(HELLO_MS);
  }

  /** Sends a command; its reply holds a `result` or an `error`. */
  command(command, onReply = (_reply) => {}) {
    const id = ++this.#id;
    this.#replies.set(id, onReply);
    this.send({ ...command, id });
  }

  /** Sends a frame that has no reply. */
  send(frame) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  /** Asks for a sign of life: there is no such command, and the refusal is one. */
  probe() {
    const asked = Date.now();
    this.command({ type: "probe" });
    clearTimeout(this.#timers.probe);
    this.#timers.probe = setTimeout(() => this.#heard < asked && this.#end(0), PROBE_MS);
  }

  /** Hangs up; nothing is told from now on. */
  close() {
    const socket = this.socket;
    this.socket = null;
    this.isReady = false;
    Object.values(this.#timers).forEach(clearTimeout);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  #end(code) {
    if (!this.socket) return;
    this.close();
    this.onClosed(code);
  }

  #hello(hello) {
    this.command(hello, ({ result }) => {
      if (!result) return this.#end(0);
      this.isReady = true;
      this.#watch(result.ping_ms + result.pong_ms);
      this.onReady(result);
    });
  }

  #read(text) {
    this.#heard = Date.now();
    for (const line of text.split("\n")) {
      if (!line || !this.socket) continue;
      const frame = JSON.parse(line);
      if (frame.type === "ping") this.send({ type: "pong" });
      else if (frame.type === "reply") {
        const onReply = this.#replies.get(frame.id);
        this.#replies.delete(frame.id);
        onReply?.(frame);
      } else this.onFrame(frame);
    }
  }

  // Silence longer than a ping and its answer: nobody is there, whatever the socket says.
  #watch(limit_ms) {
    clearTimeout(this.#timers.silence);
    const left = this.#heard + limit_ms - Date.now();
    if (left > 0) this.#timers.silence = setTimeout(() => this.#watch(limit_ms), left);
    else this.#end(0);
  }
}
