// The clinic's side: the one thread with the channel of each message, and what the assistant waits for.

import { person, watch } from "/demo/static/person.js";
import { copy, dayOf, icon, linked, nearEnd, post, say, timeOf } from "/demo/static/say.js";

export function side(face) {
  const log = face.querySelector(".log");
  const about = face.querySelector(".about");
  const trouble = face.querySelector(".trouble");
  const drawn = new Map();
  let id = "";

  function clear() {
    id = "";
    drawn.clear();
    about.hidden = true;
    trouble.hidden = true;
    log.replaceChildren(copy("no-thread-template"));
  }

  function draw() {
    const thread = person.thread;
    if (!thread) return clear();
    if (thread.id !== id) clear();
    if (!id) log.replaceChildren();
    const follow = !id || nearEnd(log);
    id = thread.id;
    about.hidden = false;
    put("thread-name", thread.name);
    put("thread-status", thread.attention ? `${thread.statusWords}: ${thread.attention}` : thread.statusWords);
    document.getElementById("thread-status").dataset.status = thread.status;
    put("thread-waits", thread.waits);
    put("thread-id", thread.id.slice(-12));
    document.getElementById("thread-id").title = thread.id;
    put("thread-others", thread.others ? say("other_threads", { count: thread.others }) : "");
    let previous = "";
    for (const entry of thread.entries) {
      const known = drawn.get(entry.id);
      if (known) mark(known, entry);
      else add(entry, previous);
      previous = new Date(entry.at).toDateString();
    }
    if (follow) log.scrollTop = log.scrollHeight;
  }

  function add(entry, previous) {
    const at = new Date(entry.at);
    if (at.toDateString() !== previous) {
      const day = document.createElement("p");
      day.className = "day";
      day.textContent = dayOf(at);
      log.append(day);
    }
    const row = copy("entry-template").firstElementChild;
    row.dataset.by = entry.by;
    row.querySelector("b").textContent = entry.author;
    const channel = row.querySelector(".channel");
    if (entry.by === "note") channel.append(icon("note"));
    else if (entry.channel) {
      channel.dataset.channel = entry.channel;
      channel.append(icon(entry.channel), say(entry.channel === "portal" ? "portal_channel" : entry.channel));
    }
    const text = row.querySelector(".entry-text");
    text.append(...linked(entry.text));
    text.lang = entry.hidden || entry.by === "note" ? document.documentElement.lang : person.language;
    for (const file of entry.files) text.append(`${text.textContent ? "\n" : ""}[${file}]`);
    const time = row.querySelector("time");
    time.dateTime = entry.at;
    time.textContent = timeOf(at);
    mark(row, entry);
    drawn.set(entry.id, row);
    log.append(row);
  }

  function mark(row, entry) {
    const state = row.querySelector(".state");
    state.dataset.state = entry.state ?? "";
    state.textContent = entry.stateWords ?? "";
  }

  for (const button of face.querySelectorAll("[data-by]")) {
    button.addEventListener("click", async () => {
      trouble.hidden = true;
      let told = "";
      try {
        const { sent, why } = await post("reminders", { to: person.key, by: button.dataset.by });
        if (!sent) told = why ? say("held", { reason: why }) : say("no_visit");
      } catch {
        told = say("not_sent");
      }
      trouble.textContent = told;
      trouble.hidden = !told;
    });
  }

  watch({ changed: clear, side: draw });
  clear();
}

function put(name, words) {
  document.getElementById(name).textContent = words;
}
