// The mailbox: its list, one mail open with a box to reply in, and a new mail.

import { hints } from "/demo/static/hints.js";
import { person, watch } from "/demo/static/person.js";
import { chips, composer, copy, linked, post, say, timeOf } from "/demo/static/say.js";

export function mails(panel, onUnread) {
  const [list, open, fresh] = ["mail-list", "mail-open", "mail-new"].map((id) => document.getElementById(id));
  const rows = list.querySelector(".mails");
  const group = open.querySelector(".hints");
  const letter = open.querySelector(".letter");
  let current = null;
  const write = composer(open, async (body) => {
    await post("mails", { from: person.key, body: body.trim(), answers: current });
    show(list);
  });

  function show(face, focus) {
    for (const one of [list, open, fresh]) one.hidden = one !== face;
    document.getElementById("new-mail").hidden = face === fresh;
    if (face !== open) current = null;
    if (focus) focus.focus({ preventScroll: true });
  }

  function draw() {
    const all = [...person.mails.values()].reverse();
    // Whoever is at a row by keyboard stays at it.
    const held = rows.contains(document.activeElement) ? document.activeElement.dataset.id : "";
    rows.replaceChildren(...all.map(row));
    rows.hidden = !all.length;
    list.querySelector(".blank").hidden = Boolean(all.length);
    if (held) rows.querySelector(`[data-id="${held}"]`)?.focus({ preventScroll: true });
    onUnread(all.filter((mail) => mail.state === "unread").length);
  }

  function row(mail) {
    const item = copy("mail-template").firstElementChild;
    const button = item.firstElementChild;
    button.dataset.id = mail.id;
    button.dataset.state = mail.state;
    button.querySelector(".mail-peer").textContent = mail.mine ? `${say("to")}: ${name(mail.peer)}` : name(mail.peer);
    const time = button.querySelector("time");
    time.dateTime = mail.at;
    time.textContent = timeOf(new Date(mail.at));
    button.querySelector(".mail-subject").textContent = mail.subject;
    const state = mail.mine ? `${say(`mail_${mail.state}`)} · ` : "";
    button.querySelector(".mail-snippet").textContent = state + mail.text.replace(/\s+/g, " ").slice(0, 120);
    if (mail.state === "unread") {
      const mark = document.createElement("span");
      mark.className = "unseen";
      mark.textContent = say("unread");
      button.querySelector(".dot").append(mark);
    }
    button.addEventListener("click", () => read(mail.id));
    return item;
  }

  function read(id) {
    const mail = person.mails.get(id);
    show(open);
    current = id;
    open.querySelector("h3").textContent = mail.subject;
    const [peer, address] = [open.querySelector(".letter-who b"), open.querySelector(".letter-who span")];
    peer.textContent = mail.mine ? person.name : name(mail.peer);
    address.textContent = mail.mine ? person.facts.mailbox : mailboxOf(mail.peer);
    const time = open.querySelector("time");
    time.dateTime = mail.at;
    time.textContent = timeOf(new Date(mail.at));
    const text = open.querySelector(".letter-text");
    text.lang = person.language;
    text.replaceChildren(...paragraphs(mail.text));
    for (const part of [write.form, open.querySelector(".quiet")]) part.hidden = mail.mine;
    write.box.lang = person.language;
    write.trouble("");
    suggest();
    letter.scrollTop = 0;
    letter.focus({ preventScroll: true });
    if (mail.state === "unread") post("mails/opened", { from: person.key, mail: id }).catch(() => {});
  }

  function suggest() {
    const mail = person.mails.get(current);
    const texts = mail && !mail.mine ? hints("mails", person.language, person.asked, person.names) : [];
    chips(group, texts, person.language, write.submit);
  }

  const form = { subject: document.getElementById("subject"), body: document.getElementById("new-body") };
  document.getElementById("new-mail").addEventListener("click", () => show(fresh, form.subject));
  for (const back of panel.querySelectorAll("[data-back]")) {
    back.addEventListener("click", () => {
      const id = current;
      show(list, id ? rows.querySelector(`[data-id="${id}"]`) : document.getElementById("new-mail"));
    });
  }
  fresh.addEventListener("submit", async (event) => {
    event.preventDefault();
    const trouble = fresh.querySelector(".trouble");
    trouble.hidden = true;
    try {
      await post("mails", { from: person.key, subject: form.subject.value, body: form.body.value });
      fresh.reset();
      show(list, document.getElementById("new-mail"));
    } catch {
      trouble.textContent = say("not_sent");
      trouble.hidden = false;
    }
  });

  watch({
    changed() {
      show(list);
      draw();
    },
    mails: draw,
    side: suggest,
  });
  show(list);
  draw();
}

// Each run of lines, what is quoted apart from what is said.
function paragraphs(text) {
  const runs = [];
  for (const line of text.split("\n")) {
    const quoted = line.startsWith(">");
    if (!runs.length || runs.at(-1).quoted !== quoted) runs.push({ quoted, lines: [] });
    runs.at(-1).lines.push(quoted ? line.replace(/^> ?/, "") : line);
  }
  return runs.map(({ quoted, lines }) => {
    const made = document.createElement(quoted ? "blockquote" : "p");
    made.append(...linked(lines.join("\n").trim()));
    return made;
  });
}

function name(peer) {
  return peer.replace(/\s*<[^>]*>$/, "").replace(/^"(.*)"$/, "$1") || peer;
}

function mailboxOf(peer) {
  return peer.match(/<([^>]*)>$/)?.[1] ?? "";
}
