// How the connection is, where a person needs to know: a line above the messages, after a moment.

const CALM_MS = 1_500; // most interruptions are over before anybody would have noticed

const SIGNED_OUT = 4401; // every page says so itself

const WORDS = {
  reconnecting: "Reconnecting … what you write is kept and sent.",
  offline: "You are offline. What you write is kept and sent when you are back.",
  degraded: "New messages may arrive late. What you write is kept.",
  stopped: "The connection was ended. Load the page again.",
  fallback: "Limited connection: messages arrive, typing and presence do not.",
};

export class Status {
  constructor() {
    this.banner = document.getElementById("banner");
    this.timer = 0;
  }

  /** @param {{state: import("/static/web/realtime-types.js").State, code?: number}} status */
  show({ state, code }) {
    document.getElementById("chat").dataset.connection = state;
    if (!this.banner) return;
    clearTimeout(this.timer);
    const words = WORDS[state];
    if (!words || code === SIGNED_OUT) this.banner.hidden = true;
    else this.timer = setTimeout(() => this.#tell(words, state === "fallback"), CALM_MS);
  }

  #tell(words, isCalm) {
    this.banner.textContent = words;
    this.banner.classList.toggle("room__banner--calm", isCalm);
    this.banner.hidden = false;
  }
}

/** Shows what went wrong above the composer. @param {string} text */
export function notify(text) {
  const notice = document.getElementById("notice");
  document.getElementById("notice-text").textContent = text;
  notice.hidden = !text;
}
