// One phone on the page: whose it is, what it shows, and what is written on it.

import { hints } from "/demo/static/hints.js";
import { phone } from "/demo/static/texts.js";

const NEAR_END = 80; // pixels from the end within which a new text scrolls into view
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });

const TICKS = {
  sending: ["one", "Sent"],
  taken: ["two", "The clinic has it"],
  failed: ["alert", "Not delivered"],
  arriving: ["one", "Arriving"],
  delivered: ["two", "Delivered"],
};

export function handset(panel) {
  const side = panel.dataset.side;
  const find = (selector) => panel.querySelector(selector);
  const owner = find("select");
  const log = find(".log");
  const box = find("textarea");
  const rows = new Map();
  let key = null;
  let sending = false;

  const option = () => owner.selectedOptions[0];
  const language = () => option().dataset.language;

  const watcher = {
    cleared: () => show(),
    text: (text, isNew) => {
      if (!isNew) return tick(rows.get(text.id), text);
      add(text);
      if (!text.mine) suggest();
    },
    standing: (standing) => {
      const badge = find(".standing");
      badge.dataset.state = standing?.state ?? "";
      badge.textContent = standing?.words ?? "";
    },
  };

  function show() {
    if (key) phone(key).watchers.delete(watcher);
    key = owner.value;
    const { number, note } = option().dataset;
    const name = option().textContent.trim();
    find(".avatar").textContent = key === "unknown" ? "?" : initials(name);
    find(".number").textContent = note ? `${readable(number)}, ${note}` : readable(number);
    find(`#owner-name-${side}`).textContent = `Phone of ${name}`;
    log.setAttribute("aria-label", `Texts on the phone of ${name}`);
    box.lang = language();
    rows.clear();
    // What was there before is not news: a screen reader hears only what comes from now on.
    log.setAttribute("aria-live", "off");
    log.replaceChildren();
    const one = phone(key);
    for (const text of one.texts.values()) add(text);
    if (!one.texts.size) log.append(copy("empty-template"));
    watcher.standing(one.standing);
    one.watchers.add(watcher);
    trouble("");
    suggest();
    requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  }

  function nearEnd() {
    return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
  }

  function add(text) {
    if (!rows.size) log.replaceChildren();
    const follow = text.mine || nearEnd();
    const row = copy("bubble-template").firstElementChild;
    const at = new Date(text.at);
    row.classList.add(text.mine ? "mine" : "theirs");
    row.querySelector(".who").textContent = text.mine ? "You: " : "Clinic: ";
    const words = row.querySelector(".words");
    words.textContent = text.text;
    words.lang = language();
    const time = row.querySelector("time");
    time.dateTime = text.at;
    time.textContent = clock.format(at);
    const day = row.querySelector(".day");
    const previous = log.lastElementChild?.dataset.day;
    row.dataset.day = at.toDateString();
    if (row.dataset.day !== previous) {
      day.hidden = false;
      day.textContent = at.toDateString() === new Date().toDateString() ? "Today" : calendar.format(at);
    }
    rows.set(text.id, row);
    tick(row, text);
    log.append(row);
    if (follow) log.scrollTop = log.scrollHeight;
  }

  function tick(row, text) {
    const [shape, words] = TICKS[text.state];
    const mark = row.querySelector(".tick");
    if (mark.dataset.state === text.state) return;
    mark.dataset.state = text.state;
    const said = document.createElement("span");
    said.textContent = words;
    mark.replaceChildren(icon(shape), said);
  }

  function suggest() {
    const asked = [...phone(key).texts.values()].filter((text) => !text.mine).at(-1);
    const names = option().dataset.names.split("|").filter(Boolean);
    const group = find(".hints");
    const held = group.contains(document.activeElement);
    // More rows of suggestions leave the texts less room: the newest stays in view.
    const follow = nearEnd();
    group.replaceChildren(
      ...hints(language(), asked?.text ?? "", names).map((text) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.className = "hint";
        chip.textContent = text;
        chip.lang = language();
        chip.addEventListener("click", () => send(text));
        return chip;
      }),
    );
    group.scrollLeft = 0;
    if (follow) log.scrollTop = log.scrollHeight;
    // Who went by keyboard stays among the suggestions; the box would open a phone's own keyboard.
    if (held) group.firstElementChild.focus({ preventScroll: true });
  }

  async function send(body) {
    if (sending || !body.trim()) return;
    sending = true;
    trouble("");
    const from = key;
    const typed = body === box.value;
    try {
      const answer = await fetch("/demo/texts", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ from, body }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      if (typed) box.value = "";
      fit();
    } catch {
      trouble("That text did not leave the phone. Check that the demo still runs, then send it again.");
      if (!box.value) box.value = body;
      fit();
    } finally {
      sending = false;
    }
  }

  function trouble(words) {
    const line = find(".trouble");
    line.hidden = !words;
    line.textContent = words;
  }

  // The box grows with its text, by rows: there is no inline style to set a height with.
  function fit() {
    box.rows = 1;
    while (box.rows < 5 && box.scrollHeight > box.clientHeight) box.rows += 1;
  }

  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send(box.value);
    }
  });
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    send(box.value);
    box.focus();
  });
  owner.addEventListener("change", show);
  show();
  return { owner };
}

function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/demo/static/icons.svg#${shape}`);
  svg.append(use);
  return svg;
}

function initials(name) {
  const words = name.split(" ").filter((word) => word !== "and");
  return words[0][0] + words.at(-1)[0];
}

function readable(number) {
  return number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3");
}
