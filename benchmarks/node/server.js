// The broadcast of the README of `ws`: each line N on the standard input sends N messages to everybody.
const { createInterface } = require("node:readline");
const { WebSocket, WebSocketServer } = require("ws");

const [port, payload] = process.argv.slice(2);
const message = Buffer.from(payload);
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false, backlog: 4096 });

createInterface({ input: process.stdin }).on("line", (line) => {
  for (let left = Number(line); left > 0; left -= 1) {
    server.clients.forEach((client) => {
      if (client.readyState === WebSocket.OPEN) client.send(message, { binary: false });
    });
  }
});
