// Calls to the devices' REST interface.

import { callsTo } from "/static/web/calls.js";

export { Failure } from "/static/web/calls.js";
export const call = callsTo("/api/v1/devices");
