// Shared by all tabs of a browser: owns the one stream, and tells every tab what it brings.

import { follow } from "./stream.js";

const ports = new Set();
let stream = null;
let state = "connecting";

const tell = (message) => {
  if (message.type !== "event") {
    state = message.type === "reset" ? "open" : message.type;
  }
  for (const port of ports) {
    port.postMessage(message);
  }
};

addEventListener("connect", (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.addEventListener("message", ({ data }) => {
    if (data.type === "start") {
      if (!stream) {
        stream = follow(data.url, data.after, tell);
      } else if (state === "ended") {
        stream.now();
      } else {
        port.postMessage({ type: state });
      }
    } else if (data.type === "again") {
      stream?.now();
    } else if (data.type === "bye") {
      ports.delete(port);
    }
  });
  port.start();
});
