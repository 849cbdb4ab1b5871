// Every call of the inbox. While the session is locked, a call waits until the user is back.

import { call, Refusal } from "./again.js";

const BASE = "/inbox/api";

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

export function makeApi() {
  const ask = async (method, path, body, { signal, keepalive = false, key = "", byItself = false } = {}) => {
    try {
      return await call(BASE + path, {
        method,
        body,
        keepalive,
        byItself,
        headers: key ? { "Idempotency-Key": key } : {},
        signal,
      });
    } catch (error) {
      if (error instanceof Refusal) {
        throw new Refused(error.status, error.problem);
      }
      throw signal?.aborted ? error : new Unreachable("unreachable");
    }
  };

  const get = (path, options) => ask("GET", path, undefined, options);
  const post = (path, body = {}, options = {}) => ask("POST", path, body, options);
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
    me: (options) => get("/me", options),
    counts: () => get("/counts", { byItself: true }),
    threads: (values, options) => get(`/threads${query(values)}`, options),
        open: (id, options) => get(of(id), options),
    lines: (id, before) => get(`${of(id)}/lines${query({ before })}`),
    search: (q, cursor, options) => post("/search", { q, cursor }, options),
    canned: () => get("/canned"),
    write: (id, body) => post(`${of(id)}/write`, body),
    undo: (id, message) => post(`${of(id)}/lines/${encodeURIComponent(message)}/undo`),
    draft: (id, body, options) => post(`${of(id)}/draft`, body, options),
    act: (id, verb, body = {}) => post(`${of(id)}/${verb}`, body, { key: newId() }),
    presence: (id, doing, options) => post(`${of(id)}/presence`, { doing }, { byItself: true, ...options }),
    seen: (id, seq) => post(`${of(id)}/seen`, { seq }, { byItself: true }),
    bulk: (body) => post("/bulk", body, { key: newId() }),
    switches: (switches) => post("/me", { switches }),
    attach: (id, file) => post(`${of(id)}/files${query({ name: file.name })}`, file),
  };
}
