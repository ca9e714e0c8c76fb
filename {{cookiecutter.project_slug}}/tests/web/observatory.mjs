// Runs the MDN HTTP Observatory against a service on this machine: its library is in the folder
// OBSERVATORY, and PORTS says, as JSON, which port of ours stands for each port of the host.
import net from "node:net";
import { pathToFileURL } from "node:url";

const ports = JSON.parse(process.env.PORTS);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options.port in ports) {
    options.port = ports[options.port];
    options.host = "127.0.0.1";
  }
  return connect.apply(this, given);
};

const entry = pathToFileURL(`${process.env.OBSERVATORY}/src/scanner/index.js`);
const { scan } = await import(entry);
const { scan: verdict, tests } = await scan(process.argv[2]);
const results = Object.entries(tests).map(([name, test]) => [name, test.result]);
console.log(JSON.stringify({ ...verdict, results: Object.fromEntries(results) }));
