// The page's words, in its language, and the few shapes that every panel draws.

const words = JSON.parse(document.body.dataset.words);
const locale = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(locale, { weekday: "long", month: "long", day: "numeric" });
const LINK = /https?:\/\/[^\s<>"']+/g;

export function say(name, values = {}) {
  return words[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function timeOf(at) {
  return clock.format(at);
}

export function dayOf(at) {
  return at.toDateString() === new Date().toDateString() ? say("today") : calendar.format(at);
}

export function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

export function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/demo/static/icons.svg#${shape}`);
  svg.append(use);
  return svg;
}

// `text` as text, its web addresses as links: nothing in it is ever read as markup.
export function linked(text) {
  const pieces = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, "");
    const link = document.createElement("a");
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = address;
    pieces.push(text.slice(from, found.index), link);
    from = found.index + address.length;
  }
  return [...pieces, text.slice(from)];
}

// The page asks the demo to do something. What it throws is named `Busy` where it is not the moment for that.
export async function post(path, what) {
  const answer = await fetch(`/demo/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(what),
  });
  if (answer.ok) return answer.json();
  const error = new Error(String(answer.status));
  error.name = answer.status === 409 ? "Busy" : "Refused";
  throw error;
}

// A box to write in: grows with its text by rows, sends with Enter, and keeps what could not be sent.
export function composer(face, send) {
  const form = face.querySelector(".composer");
  const box = form.querySelector("textarea");
  const line = face.querySelector(".trouble");
  let sending = false;

  const trouble = (text) => {
    line.hidden = !text;
    line.textContent = text;
  };
  const fit = () => {
    box.rows = 1;
    while (box.rows < 5 && box.scrollHeight > box.clientHeight) box.rows += 1;
  };
  async function submit(text) {
    if (sending || !text.trim()) return;
    sending = true;
    trouble("");
    const typed = text === box.value;
    try {
      await send(text);
      if (typed) box.value = "";
    } catch (error) {
      trouble(say(error.name === "Busy" ? "not_listening" : "not_sent"));
      if (!box.value) box.value = text;
    } finally {
      sending = false;
      fit();
    }
  }
  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit(box.value);
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(box.value);
    box.focus();
  });
  return { form, box, submit, trouble };
}

// Chips that spare typing. Who went by keyboard stays among them.
export function chips(group, texts, language, choose) {
  const held = group.contains(document.activeElement);
  group.replaceChildren(
    ...texts.map((text) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "hint";
      chip.textContent = text;
      chip.lang = language;
      chip.addEventListener("click", () => choose(text));
      return chip;
    }),
  );
  group.hidden = !texts.length;
  group.scrollLeft = 0;
  if (held) group.firstElementChild?.focus({ preventScroll: true });
}

const NEAR_END = 80; // pixels from the end within which something new scrolls into view

export function nearEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
}
