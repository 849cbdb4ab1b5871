// Who else is at the open thread, and telling them that one is: nothing of it is kept.

import { fill, h, hidden, icon } from "./dom.js";

const HERE = 10_000;
const TYPING = 3_000;
const OVER = { viewing: 30_000, typing: 7_000 };

export function makePresence(app) {
  const { store, api, w } = app;
  const bar = document.getElementById("typing");
  const seen = new Map();
  let thread = null;
  let typed = 0;
  let told = "";

  const tell = (doing) => thread && !document.hidden && api.presence(thread, doing).catch(() => {});
  const others = () => {
    const now = Date.now();
    return [...(seen.get(thread)?.values() ?? [])].filter((one) => one.user.id !== app.me.id && now - one.at < OVER[one.doing]);
  };
  const draw = () => {
    const here = others();
    const place = document.getElementById("present");
    if (place) {
      fill(place, here.length > 0 && [
        here.slice(0, 3).map((one) => h("span", { class: `av tiny${one.doing === "typing" ? " typing" : ""}`, title: `${one.user.name}: ${w.t(one.doing)}`, "aria-hidden": "true" }, one.user.initials || one.user.name.slice(0, 2))),
        hidden(w.t("also_here", { names: here.map((one) => one.user.name).join(", ") })),
      ]);
    }
    const typists = here.filter((one) => one.doing === "typing").map((one) => one.user.name);
    bar.hidden = !typists.length;
    const words = typists.length ? w.t("is_typing", { name: typists.join(", "), count: typists.length }) : "";
    if (words !== told) {
      told = words;
      fill(bar, words && [icon("pencil-line", { small: true }), words]);
      words && app.say(words);
    }
  };
  const hear = (id, present) => {
    const at = Date.now();
    seen.set(id, new Map(present.map((one) => [one.user.id, { ...one, at }])));
    id === thread && draw();
  };
  setInterval(() => tell(Date.now() - typed < TYPING ? "typing" : "viewing"), HERE);
  setInterval(draw, 2000);
  document.addEventListener("visibilitychange", () => tell("viewing"));

  return {
    draw,
    hear,
    show(id) {
      const opened = store.opened.get(id);
      if (opened && id !== thread) {
        thread = id;
        typed = 0;
        hear(id, opened.present);
        tell("viewing");
      }
    },
    leave: () => ((thread = null), draw()),
    typing() {
      if (Date.now() - typed > TYPING) {
        typed = Date.now();
        tell("typing");
      }
    },
  };
}
