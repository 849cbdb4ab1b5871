// Every call of the inbox. A session that has ended asks for a new sign-in and the call goes on.

const BASE = "/inbox/api";
const PATIENCE = 20_000;

// What the hub answered in the place of what was asked: `status`, and problem details with `reasons` for staff.
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || `${status}`);
    this.status = status;
    this.problem = problem ?? {};
  }
  get reason() {
    return this.problem.reasons?.[0] || this.problem.detail || "";
  }
}

// The hub could not be reached.
export class Unreachable extends Error {}

export const newId = () => crypto.randomUUID();

export function makeApi({ csrf, onEnded }) {
  let entering = null;

  const call = async (method, path, body, { signal, keepalive = false, key = "", quiet = false } = {}) => {
    const headers = { Accept: "application/json" };
    if (method !== "GET") {
      headers["X-CSRF"] = csrf();
      if (!(body instanceof Blob)) {
        headers["Content-Type"] = "application/json";
      }
      if (key) {
        headers["Idempotency-Key"] = key;
      }
    }
    const patience = AbortSignal.timeout(PATIENCE);
    let answer;
    try {
      answer = await fetch(BASE + path, {
        method,
        headers,
        keepalive,
        credentials: "same-origin",
        redirect: "error",
        body: body === undefined ? undefined : body instanceof Blob ? body : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, patience]) : patience,
      });
    } catch (error) {
      if (signal?.aborted) {
        throw error;
      }
      throw new Unreachable("unreachable");
    }
    if (answer.status === 204) {
      return null;
    }
    let said = null;
    try {
      said = await answer.json();
    } catch {
      // An answer without words: a proxy's, perhaps.
    }
    if (answer.ok) {
      return said;
    }
    if (answer.status === 401 && !keepalive && !quiet) {
      entering ??= onEnded().finally(() => (entering = null));
      await entering;
      return call(method, path, body, { signal, key, quiet: true });
    }
    throw new Refused(answer.status, said);
  };

  const get = (path, options) => call("GET", path, undefined, options);
  const post = (path, body = {}, options = {}) => call("POST", path, body, options);
  const query = (values) => {
    const made = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) {
      if (value !== null && value !== undefined && value !== "") {
        made.set(name, value);
      }
    }
    const text = made.toString();
    return text ? `?${text}` : "";
  };
  const of = (id) => `/threads/${encodeURIComponent(id)}`;

  return {
    get,
    post,
    me: () => get("/me"),
    counts: () => get("/counts"),
    threads: (values, options) => get(`/threads${query(values)}`, options),
    rows: (ids) => get(`/rows${query({ ids: ids.join(",") })}`),
    open: (id, options) => get(of(id), options),
    lines: (id, before) => get(`${of(id)}/lines${query({ before })}`),
    search: (q, cursor, options) => post("/search", { q, cursor }, options),
    canned: () => get("/canned"),
    write: (id, body) => post(`${of(id)}/write`, body),
    undo: (id, message) => post(`${of(id)}/lines/${encodeURIComponent(message)}/undo`),
    draft: (id, body, options) => post(`${of(id)}/draft`, body, options),
    act: (id, verb, body = {}) => post(`${of(id)}/${verb}`, body, { key: newId() }),
    presence: (id, doing, options) => post(`${of(id)}/presence`, { doing }, { quiet: true, ...options }),
    seen: (id, seq) => post(`${of(id)}/seen`, { seq }, { quiet: true }),
    bulk: (body) => post("/bulk", body, { key: newId() }),
    switches: (switches) => post("/me", { switches }),
    attach: (id, file) => post(`${of(id)}/files${query({ name: file.name })}`, file),
  };
}
