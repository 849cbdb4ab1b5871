// Finding a thread: by name, number, mailbox, record number, birth date, or the words of a message.

import { debounced, fill, h, icon } from "./dom.js";
import { plain } from "./picker.js";
import { drawRow } from "./rows.js";

const WAIT = 200;

export function makeSearch(app) {
  const { api, store, w } = app;
  const form = document.getElementById("search");
  const input = document.getElementById("q");
  const clearing = document.getElementById("q-clear");
  const told = document.getElementById("found");
  let asking = null;
  let on = false;

  // The words of the message, with what was looked for marked.
  const snippet = (line, typed) => {
    const text = line.text;
    const words = plain(typed).split(/\s+/).filter(Boolean);
    const bare = plain(text);
    const at = Math.max(0, Math.min(...words.map((word) => bare.indexOf(word)).filter((place) => place >= 0), text.length));
    const from = at > 40 ? at - 30 : 0;
    const part = (from ? "…" : "") + text.slice(from, from + 140);
    const parts = [];
    let rest = part;
    while (rest && words.length) {
      const low = plain(rest);
      const [place, word] = words.map((one) => [low.indexOf(one), one]).filter(([index]) => index >= 0).toSorted((one, other) => one[0] - other[0])[0] ?? [];
      if (word === undefined || low.length !== rest.length) {
        break;
      }
      parts.push(rest.slice(0, place), h("mark", {}, rest.slice(place, place + word.length)));
      rest = rest.slice(place + word.length);
    }
    return h("span", { class: "snippet" }, icon("search", { small: true }), h("span", {}, parts, rest, h("small", {}, ` · ${w.brief(line.at)}`)));
  };

  const run = async () => {
    const typed = input.value.trim();
    clearing.hidden = !typed;
    asking?.abort();
    if (typed.length < 2) {
      stop();
      return;
    }
    const mine = (asking = new AbortController());
    try {
      const finds = await api.search(typed, null, { signal: mine.signal });
      on = true;
      const seen = new Set();
      const items = finds.items.filter((one) => !seen.has(one.row.id) && seen.add(one.row.id));
      items.forEach((one) => store.rows.set(one.row.id, one.row));
      app.list.show(items.map((one) => one.row.id));
      for (const one of items) {
        const item = app.list.item(one.row.id);
        if (one.line && item) {
          drawRow(app, item, one.row);
          const mid = item.querySelector(".preview");
          fill(mid, snippet(one.line, typed));
          item.drawn = "";
        }
      }
      const words = w.t("found", { count: items.length }) + (finds.complete ? "" : ` ${w.t("found_part")}`);
      told.hidden = false;
      told.textContent = words;
      app.say(words);
    } catch (error) {
      mine.signal.aborted || app.failed(error);
    }
  };
  const stop = () => {
    if (on) {
      on = false;
      told.hidden = true;
      app.list.show(null);
    }
  };
  const clear = () => {
    input.value = "";
    clearing.hidden = true;
    asking?.abort();
    stop();
  };
  const later = debounced(run, WAIT);
  input.addEventListener("input", later);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      clear();
      app.list.focus();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      app.list.focus();
    }
  });
  form.addEventListener("submit", (event) => (event.preventDefault(), later.cancel(), run().then(() => app.list.focus())));
  clearing.addEventListener("click", () => (clear(), input.focus()));
  return { clear, focus: () => (input.focus(), input.select()), on: () => on };
}
