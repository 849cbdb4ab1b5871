// The phone's texts: what it shows, and what is written on it.

import { hints } from "/demo/static/hints.js";
import { person, watch } from "/demo/static/person.js";
import { chips, composer, copy, dayOf, icon, linked, nearEnd, post, say, timeOf } from "/demo/static/say.js";

const TICKS = { sending: "one", taken: "two", failed: "alert", arriving: "one", delivered: "two" };

export function texts(face) {
  const log = face.querySelector(".log");
  const group = face.querySelector(".hints");
  const rows = new Map();
  const write = composer(face, (body) => post("texts", { from: person.key, body: body.trim() }));

  function clear() {
    rows.clear();
    // What was there before is not news: a screen reader hears only what comes from now on.
    log.setAttribute("aria-live", "off");
    log.replaceChildren(copy("no-texts-template"));
    write.box.lang = person.language;
    write.trouble("");
    suggest();
    requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  }

  function add(text) {
    if (!rows.size) log.replaceChildren();
    const follow = text.mine || nearEnd(log);
    const row = copy("bubble-template").firstElementChild;
    const at = new Date(text.at);
    row.classList.add(text.mine ? "mine" : "theirs");
    row.querySelector(".who").textContent = `${say(text.mine ? "you" : "clinic_said")}: `;
    const words = row.querySelector(".words");
    words.append(...linked(text.text));
    words.lang = person.language;
    const time = row.querySelector("time");
    time.dateTime = text.at;
    time.textContent = timeOf(at);
    const day = row.querySelector(".day");
    const previous = log.lastElementChild?.dataset.day;
    row.dataset.day = at.toDateString();
    if (row.dataset.day !== previous) {
      day.hidden = false;
      day.textContent = dayOf(at);
    }
    rows.set(text.id, row);
    tick(text);
    log.append(row);
    if (follow) log.scrollTop = log.scrollHeight;
  }

  function tick(text) {
    const mark = rows.get(text.id).querySelector(".tick");
    if (mark.dataset.state === text.state) return;
    mark.dataset.state = text.state;
    const said = document.createElement("span");
    said.textContent = say(`tick_${text.state}`);
    mark.replaceChildren(icon(TICKS[text.state]), said);
  }

  function suggest() {
    // More rows of suggestions leave the texts less room: the newest stays in view.
    const follow = nearEnd(log);
    chips(group, hints("texts", person.language, person.asked, person.names), person.language, write.submit);
    if (follow) log.scrollTop = log.scrollHeight;
  }

  watch({
    changed: clear,
    texts(told) {
      for (const [text, isNew] of told) isNew ? add(text) : tick(text);
    },
    side: suggest,
  });
  clear();
}
