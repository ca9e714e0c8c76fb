// The shapes that `realtime.js` takes and tells; nothing here runs.

/**
 * @typedef {{epoch: string, offset: number}} Position  a place in a topic's log
 * @typedef {{user: string, meta: Record<string, unknown>}} Member
 * @typedef {{count: number, members: Member[] | null}} Presence  no members above the server's limit
 * @typedef {"connecting" | "live" | "degraded" | "fallback" | "reconnecting" | "offline" | "stopped"} State
 *   `degraded`: the server's processes do not hear each other; `fallback`: server-sent events, without
 *   signals and presence; `stopped`: for good, until the page calls `open`
 * @typedef {object} Listener
 * @property {Position} [since]  what the page has already: read it before the rows that it shows
 * @property {boolean} [presence]  counts me in and tells who is there
 * @property {(data: any, position: Position) => void} [onMessage]
 * @property {(gap: {reason: string} & Position) => void} [onGap]  reload; what follows is newer
 * @property {(presence: Presence) => void} [onPresence]
 * @property {(data: any) => void} [onSignal]  what nobody keeps, hence without a position
 * @property {(status: {state: "live" | "waiting" | "ended", code?: string}) => void} [onStatus]
 * @typedef {object} Options
 * @property {string} url  of the socket
 * @property {string} [eventsUrl]  of the stream to fall back to
 * @property {string} [client]
 * @property {() => Promise<string>} [ticket]  for a page without the cookie; asked for again when it expires
 * @property {(status: {state: State, code?: number}) => void} [onStatus]
 * @property {typeof WebSocket} [WebSocket]
 * @property {typeof EventSource} [EventSource]
 * @property {() => number} [random]
 * @typedef {object} SocketOptions  what happens on a socket, for whoever opens it
 * @property {typeof WebSocket} WebSocket
 * @property {(say: (hello: object) => void) => void} hello  is asked for the first command
 * @property {(result: any) => void} onReady  hello was answered
 * @property {(frame: any) => void} onFrame
 * @property {(code: number) => void} onClosed
 * @typedef {object} StreamOptions
 * @property {typeof EventSource} EventSource
 * @property {string[]} topics
 * @property {(frame: any) => void} onFrame
 * @property {() => void} onPause  the browser is about to come back by itself
 * @property {(code: number) => void} onClosed
 */

export {};
