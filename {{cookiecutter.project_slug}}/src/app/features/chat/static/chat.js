// Where the page of chat begins: one connection, the list of rooms, and the open room if there is one.

import { connectOwn } from "/static/web/own-connection.js";

import { Failure, call } from "./api.js";
import { onDialog, wireDialogs } from "./dialogs.js";
import { Room } from "./room.js";
import { Rooms } from "./rooms.js";
import { Status } from "./status.js";

const page = document.getElementById("chat");
const element = document.getElementById("room");
const { me, inbox, unreadMax } = page.dataset;

wireDialogs(page);
onDialog("create", async ({ name, is_private }) => {
  const room = await call("POST", "/rooms", { name, is_private: is_private === "on" });
  location.assign(`/chat/${room.id}`);
});

const status = new Status();
const live = connectOwn({ onStatus: (now) => status.show(now) });
const rooms = new Rooms({
  live,
  me,
  inbox,
  unreadMax: Number(unreadMax),
  openRoom: element?.dataset.room,
  title: document.title,
});
if (element) {
  new Room({ element, me, live, rooms });
  rooms.onRenamed = (room, name) => {
    if (room !== element.dataset.room) return;
    rooms.title = name + rooms.title.slice(rooms.title.lastIndexOf(" · "));
    document.title = rooms.title;
    document.getElementById("room-name").textContent = name;
  };
}
rooms.listen();

document.getElementById("join-button")?.addEventListener("click", async () => {
  const error = document.getElementById("join-error");
  try {
    await call("PUT", `/rooms/${document.getElementById("join").dataset.room}/membership`);
    location.reload();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    error.textContent = failure.message;
    error.hidden = false;
  }
});
