// One stream of server-sent events, read by hand: an EventSource tells neither why it was refused, nor can it be told
// where to begin. Source: WHATWG HTML §9.2.

const FIRST = 1000;
const LONGEST = 30_000;
const SILENCE = 40_000;

// Follows the stream at `url` from number `after` on, and calls `tell` with
// {type: "open"}, {type: "event", name, data}, {type: "lost"}, {type: "reset"}, {type: "ended"} (no session).
export function follow(url, after, tell) {
  let last = after;
  let wait = FIRST;
  let timer = 0;
  let stopped = false;
  let abort = null;

  const again = () => {
    if (!stopped) {
      clearTimeout(timer);
      timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
      wait = Math.min(LONGEST, wait * 2);
    }
  };

  const connect = async () => {
    clearTimeout(timer);
    abort?.abort();
    const mine = (abort = new AbortController());
    let silent = setTimeout(() => mine.abort(), SILENCE);
    try {
      const headers = { Accept: "text/event-stream" };
      if (last !== null) {
        headers["Last-Event-ID"] = String(last);
      }
      const answer = await fetch(url, { headers, cache: "no-store", credentials: "same-origin", signal: mine.signal });
      if (answer.status === 401 || answer.status === 403 || answer.redirected) {
        tell({ type: "ended" });
        return;
      }
      if (!answer.ok) {
        throw new Error("refused");
      }
      wait = FIRST;
      tell({ type: "open" });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) {
          break;
        }
        clearTimeout(silent);
        // The hub says something every 15 seconds; a connection that is silent for longer is dead.
        silent = setTimeout(() => mine.abort(), SILENCE);
        rest += value;
        let end;
        while ((end = rest.indexOf("\n\n")) >= 0) {
          one(rest.slice(0, end));
          rest = rest.slice(end + 2);
        }
      }
    } catch {
      // Cut off, refused or silent: all the same, it comes back.
    }
    clearTimeout(silent);
    if (abort === mine && !stopped) {
      tell({ type: "lost" });
      again();
    }
  };

  const one = (block) => {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (field === "event") {
        name = value;
      } else if (field === "data") {
        data.push(value);
      } else if (field === "id" && value) {
        last = value;
      }
    }
    if (name === "ended") {
      tell({ type: "ended" });
    } else if (name === "reset") {
      tell({ type: "reset" });
    } else if (data.length) {
      try {
        tell({ type: "event", name, data: JSON.parse(data.join("\n")), at: Date.now() });
      } catch {
        tell({ type: "reset" });
      }
    }
  };

  const now = () => {
    wait = FIRST;
    connect();
  };
  addEventListener("online", now);
  addEventListener("offline", () => abort?.abort());
  connect();
  return {
    now,
    stop() {
      stopped = true;
      clearTimeout(timer);
      abort?.abort();
    },
  };
}
