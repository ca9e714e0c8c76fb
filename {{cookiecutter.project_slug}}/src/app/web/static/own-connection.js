// The connection of a page of somebody who is signed in: it is theirs or nobody's, and comes back with them.

import { connect } from "./realtime.js";
import { onReturn, own, refused } from "./signed-in.js";

const NOT_AUTHENTICATED = 4401;

/** @param {{onStatus: (status: {state: import("./realtime-types.js").State, code?: number}) => void}} options */
export function connectOwn({ onStatus }) {
  const live = connect({
    url: own("/realtime/socket"),
    eventsUrl: own("/realtime/events"),
    onStatus: (status) => {
      if (status.code === NOT_AUTHENTICATED) refused();
      onStatus(status);
    },
  });
  onReturn(() => live.open());
  return live;
}
