// The phone's calls: the words as text, and what the person answers by voice or by keys.

import { hints } from "/demo/static/hints.js";
import { person, watch } from "/demo/static/person.js";
import { chips, composer, copy, dayOf, nearEnd, post, say, timeOf } from "/demo/static/say.js";

const OVER = new Set(["completed", "busy", "no-answer", "failed", "canceled"]);

// ringing: the banner of a call that comes in, seen on every face of the phone. show: brings this face to the front.
export function calls(face, ringing, show) {
  const log = face.querySelector(".log");
  const group = face.querySelector(".hints");
  const state = face.querySelector(".call-state");
  const keys = [...face.querySelectorAll("[data-key]")];
  const [dial, silent, hangUp] = ["dial", "silent", "hang-up"].map((id) => document.getElementById(id));
  const sections = new Map();
  const turn = (act, words = "") => post("calls", { from: person.key, act, words });
  const speak = composer(face, (words) => turn(under()?.waits === "message" ? "leave" : "say", words.trim()));

  const under = () => [...person.calls.values()].find((call) => !OVER.has(call.status));
  const rings = (call) => call?.ours && (call.status === "ringing" || call.status === "queued");

  async function act(name, words) {
    speak.trouble("");
    try {
      await turn(name, words);
    } catch (error) {
      speak.trouble(say(error.name === "Busy" ? "not_listening" : "not_sent"));
    }
  }

  function section(call) {
    const made = document.createElement("section");
    const head = document.createElement("p");
    head.className = "day";
    const at = new Date(call.at);
    head.textContent = `${dayOf(at)}, ${timeOf(at)} · ${say(call.ours ? "call_from" : "call_to")}`;
    made.append(head);
    log.append(made);
    return { made, lines: 0, over: false };
  }

  function draw(call) {
    if (!sections.size) log.replaceChildren();
    const follow = nearEnd(log);
    const shown = sections.get(call.id) ?? section(call);
    sections.set(call.id, shown);
    for (const line of call.lines.slice(shown.lines)) shown.made.append(bubble(line));
    shown.lines = call.lines.length;
    if (OVER.has(call.status) && !shown.over) {
      shown.over = true;
      const end = document.createElement("p");
      end.className = "day";
      end.textContent = say(`call_over_${call.status}`);
      shown.made.append(end);
    }
    if (follow) log.scrollTop = log.scrollHeight;
  }

  function bubble(line) {
    const row = copy("bubble-template").firstElementChild;
    const mine = line.by === "person";
    row.classList.add(mine ? "mine" : "theirs", `how-${line.how}`);
    row.querySelector(".who").textContent = `${say(mine ? "you" : "clinic_said")}: `;
    const words = row.querySelector(".words");
    words.lang = person.language;
    words.textContent = {
      keys: () => say("said_keys", { keys: line.text }),
      silence: () => say("said_silence"),
      put_through: () => say("said_put_through", { number: line.text }),
      message: () => `${say("said_message")}: ${line.text}`,
      words: () => line.text,
    }[line.how]();
    row.querySelector(".meta").remove();
    return row;
  }

  function arrange() {
    const call = under();
    const coming = rings(call);
    const talking = Boolean(call) && !coming;
    const follow = nearEnd(log);
    if (coming && ringing.hidden) ringing.querySelector("[data-act=answer]").focus({ preventScroll: true });
    ringing.hidden = !coming;
    dial.hidden = Boolean(call);
    silent.hidden = !talking || call.waits !== "answer";
    hangUp.hidden = !talking;
    speak.form.hidden = !talking;
    face.querySelector(".keys").hidden = !talking || call.waits === "message";
    for (const key of keys) key.disabled = call?.waits !== "answer";
    speak.box.placeholder = say(call?.waits === "message" ? "message_placeholder" : "say_placeholder");
    const words = { answer: "call_listening", message: "call_recording", nothing: "call_thinking" };
    state.textContent = talking ? say(words[call.waits]) : "";
    state.dataset.state = talking ? call.waits : "";
    suggest(talking && call.waits === "answer");
    if (follow) log.scrollTop = log.scrollHeight;
  }

  function suggest(open) {
    const texts = open ? hints("calls", person.language, person.asked, person.names) : [];
    chips(group, texts, person.language, speak.submit);
  }

  function clear() {
    sections.clear();
    log.replaceChildren(copy("no-calls-template"));
    speak.box.lang = person.language;
    speak.trouble("");
    arrange();
  }

  for (const key of keys) key.addEventListener("click", () => act("press", key.dataset.key));
  dial.addEventListener("click", () => act("dial"));
  silent.addEventListener("click", () => act("silent"));
  hangUp.addEventListener("click", () => act("hang_up"));
  for (const button of ringing.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => {
      act(button.dataset.act);
      if (button.dataset.act !== "decline") show();
    });
  }

  watch({
    changed: clear,
    calls(told) {
      for (const [call] of told) draw(call);
      arrange();
    },
    side: arrange,
  });
  clear();
}
