// Puts the page together: a phone, a mailbox, the clinic's side, and the stream that feeds them.

import { behind } from "/demo/static/behind.js";
import { calls } from "/demo/static/calls.js";
import { listen } from "/demo/static/live.js";
import { mails } from "/demo/static/mails.js";
import { forget, heard, onPick, person, watch } from "/demo/static/person.js";
import { say } from "/demo/static/say.js";
import { side } from "/demo/static/side.js";
import { tabs } from "/demo/static/tabs.js";
import { texts } from "/demo/static/texts.js";

const at = (id) => document.getElementById(id);
const list = (id) => at(id).parentElement;
const lost = at("lost");
const deeds = behind(at("face-steps"));

const showPanel = tabs(list("tab-phone"), [at("panel-phone"), at("panel-mailbox"), at("panel-side")], {
  onlyNarrow: true,
});
const showPhone = tabs(list("tab-texts"), [at("face-texts"), at("face-calls")]);
tabs(list("tab-thread"), [at("face-thread"), at("face-steps")]);

texts(at("face-texts"));
calls(at("face-calls"), at("ringing"), () => {
  showPanel(0);
  showPhone(1);
});
mails(at("panel-mailbox"), (unread) => {
  at("tab-mailbox").classList.toggle("news", unread > 0);
});
side(at("face-thread"));

function introduce() {
  const { number, mailbox, note, born } = person.facts;
  const readable = number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3");
  document.querySelector(".avatar").textContent = person.key === "unknown" ? "?" : initials(person.name);
  document.querySelector(".facts").textContent = [born, readable, mailbox, note].filter(Boolean).join(" · ");
  travelled();
}

// By which ways the person has written so far.
function travelled() {
  const ways = new Set(person.thread?.entries.filter((one) => one.by === "patient").map((one) => one.channel));
  for (const step of document.querySelectorAll(".journey li")) {
    const done = ways.has(step.dataset.way);
    step.toggleAttribute("data-done", done);
    step.querySelector(".done").textContent = done ? `, ${say("journey_done")}` : "";
  }
}

function initials(name) {
  const words = name.split(" ").filter((word) => word !== "and");
  return words[0][0] + words.at(-1)[0];
}

watch({
  changed: introduce,
  side: travelled,
  standing({ state, words }) {
    const badge = document.querySelector(".standing");
    badge.dataset.state = state;
    badge.textContent = words;
  },
});
introduce();

let run = "";
const again = listen(
  () => ({ who: person.key, lang: document.documentElement.lang }),
  {
    started({ run: id }) {
      // A new run of the demo has empty devices; a mere break of the line has not.
      if (run && run !== id) {
        deeds.cleared();
        forget();
      }
      run = id;
    },
    ...heard,
    deed: deeds.deed,
  },
  (connected) => {
    lost.hidden = connected;
    lost.querySelector("span").textContent = connected ? "" : say("lost");
  },
);
onPick(() => {
  deeds.cleared();
  forget();
  again();
});
