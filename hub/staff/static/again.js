// What every page does that knows who is signed in: calls with the session's token, and the dialog that asks who is
// there when nobody was for a while. What stands on the page, such as a half-written reply, stays.
//
//   import { call, Refusal } from "/staff/static/again.js";
//   const rows = await call("/inbox/api/threads?view=mine");
//   await call(`/inbox/api/threads/${id}/claim`, { body: {} });

import { askPasskey } from "/static/passkeys.js";

const API = "/inbox/api";
const meta = (name) => document.querySelector(`meta[name=${name}]`);
const dialog = document.getElementById("again");
const idle = Number(meta("idle")?.content ?? 900) * 1000;
const AWAKE = 60_000;
const PATIENCE = 20_000;

let lastCall = Date.now();
let lastAct = Date.now();
let waiting = null;

/** The token that everything carries which changes something. */
export const token = () => meta("csrf")?.content ?? "";

/** A call that was refused: `status`, and the problem details of RFC 9457 as `problem`. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.type ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

/**
 * The answer to a call, as JSON. With a `body` it is a POST, unless `method` says otherwise.
 * byItself: the page asks, not the user. While the session is locked, it waits for the user to come back; one that is
 * to outlive the page (`keepalive`) does not.
 * Throws Refusal for any answer but success, TypeError or DOMException when the hub cannot be reached.
 */
export async function call(path, { method, body, headers = {}, byItself = false, keepalive = false, signal } = {}) {
  const verb = method ?? (body === undefined ? "GET" : "POST");
  const given = { Accept: "application/json", ...headers };
  if (verb !== "GET") {
    given["X-CSRF"] = token();
  }
  if (body !== undefined) {
    given["Content-Type"] = "application/json";
  }
  if (byItself) {
    given["X-Staff-Refresh"] = "1";
  } else {
    lastCall = Date.now();
  }
  const answer = await fetch(path, {
    method: verb,
    headers: given,
    body: body === undefined ? undefined : JSON.stringify(body),
    keepalive,
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]),
  });
  const value = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (answer.ok) {
    return value;
  }
  if (answer.status === 401 && dialog && !keepalive && path !== `${API}/again`) {
    await prove(value?.type?.endsWith("signed-out"));
    return call(path, { method, body, headers, byItself, signal });
  }
  throw new Refusal(answer.status, value);
}

/** Fulfilled once the user proved themselves again; `again` is also an event on `document` then. */
export function prove(gone = false) {
  waiting ??= new Promise((resolve) => {
    const wrong = document.getElementById("again-wrong");
    const tell = (name) => {
      wrong.textContent = name ? wrong.dataset[name] : "";
      wrong.hidden = !name;
    };
    const back = (csrf) => {
      meta("csrf").content = csrf;
      for (const field of document.querySelectorAll("input[name=csrf]")) {
        field.value = csrf;
      }
      lastCall = lastAct = Date.now();
      dialog.close();
      waiting = null;
      resolve();
      document.dispatchEvent(new CustomEvent("again"));
    };
    const attempt = async (body) => {
      try {
        back((await call(`${API}/again`, { body })).csrf);
      } catch (refusal) {
        tell(refusal.status === 429 ? "often" : refusal.status === 401 ? "gone" : "wrong");
      }
    };
    const form = document.getElementById("again-form");
    form.onsubmit = (event) => {
      event.preventDefault();
      const password = form.elements.password;
      if (password?.value) {
        attempt({ password: password.value });
        password.value = "";
      }
    };
    const passkey = document.getElementById("again-passkey");
    passkey.hidden = !globalThis.PublicKeyCredential;
    passkey.onclick = async () => {
      try {
        attempt({ passkey: await askPasskey("/sign-in/passkey/ask") });
      } catch {
        tell("wrong");
      }
    };
    // Escape must not show what is behind.
    dialog.oncancel = (event) => event.preventDefault();
    tell(gone ? "gone" : "");
    if (!dialog.open) {
      dialog.showModal();
    }
    form.elements.password?.focus();
  });
  return waiting;
}

if (dialog) {
  const act = () => {
    lastAct = Date.now();
    // Reading and typing are acts, too: the hub hears of them once a minute.
    if (!waiting && lastAct - lastCall > AWAKE) {
      call(`${API}/awake`, { body: {} }).catch(() => {});
    }
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(kind, act, { passive: true });
  }
  setInterval(() => {
    if (!waiting && Date.now() - Math.max(lastAct, lastCall) > idle) {
      // Somebody may be at another tab of the same session: the hub knows.
      call(`${API}/me`, { byItself: true }).catch(() => {});
    }
  }, 15_000);
}
