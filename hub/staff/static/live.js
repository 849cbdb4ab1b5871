// What changes, as it changes: through the worker that all tabs share, or, where there is none, a stream of this tab.

import { follow } from "./stream.js";

const URL_OF_EVENTS = "/inbox/api/events";
const WORKER = new URL("./live-worker.js", import.meta.url).pathname;
const QUIET = 1500;

const policy = globalThis.trustedTypes?.createPolicy("hub", {
  createScriptURL: (url) => {
    if (url !== WORKER) {
      throw new TypeError("no other script is run");
    }
    return url;
  },
});

// Begins after event `after`. Calls `onEvent(name, data)`, `onReset()` when all must be read anew, `onEnded()` without
// a session, and `onState(lost)`; a connection that is back within 1.5 s was never lost.
export function makeLive({ after, onEvent, onReset, onEnded, onState }) {
  let timer = 0;
  const hear = (message) => {
    if (message.type === "event") {
      onEvent(message.name, message.data);
    } else if (message.type === "reset") {
      onReset();
    } else if (message.type === "ended") {
      onEnded();
    }
    if (message.type === "lost") {
      timer ||= setTimeout(() => onState(true), QUIET);
    } else if (message.type === "open" || message.type === "event") {
      clearTimeout(timer);
      timer = 0;
      onState(false);
    }
  };
  const start = { type: "start", url: URL_OF_EVENTS, after };
  try {
    const worker = new SharedWorker(policy ? policy.createScriptURL(WORKER) : WORKER, { type: "module", name: "inbox" });
    worker.port.addEventListener("message", ({ data }) => hear(data));
    worker.port.start();
    worker.port.postMessage(start);
    addEventListener("pagehide", (event) => event.persisted || worker.port.postMessage({ type: "bye" }));
    return { again: () => worker.port.postMessage({ type: "again" }) };
  } catch {
    const stream = follow(URL_OF_EVENTS, after, hear);
    return { again: stream.now };
  }
}
