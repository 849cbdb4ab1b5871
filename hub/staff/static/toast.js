// Short messages at the edge of the page, and what a screen reader is told.

import { fill, h, icon } from "./dom.js";

export function makeToasts(t) {
  const place = document.getElementById("toasts");
  const polite = document.getElementById("say");
  let clearing = 0;

  // Tells a screen reader, without showing anything.
  const say = (text) => {
    clearTimeout(clearing);
    polite.textContent = polite.textContent === text ? `${text}\u00a0` : text;
    clearing = setTimeout(() => (polite.textContent = ""), 5000);
  };

  // Shows `text`, with `action: [label, run]` if there is one. Returns what takes it away.
  const toast = (text, { action = null, seconds = 5, kind = "", icon: picture = "circle-check", onDone = null } = {}) => {
    let left = seconds * 1000;
    let since = 0;
    let timer = 0;
    let gone = false;
    const close = () => {
      if (!gone) {
        gone = true;
        clearTimeout(timer);
        made.remove();
        onDone?.();
      }
    };
    const hold = () => {
      clearTimeout(timer);
      left -= Date.now() - since;
    };
    const run = () => {
      since = Date.now();
      timer = setTimeout(close, Math.max(500, left));
    };
    const made = h("div", { class: `toast ${kind}`, onpointerenter: kind === "undo" ? null : hold, onpointerleave: kind === "undo" ? null : run });
    fill(
      made,
      icon(picture),
      h("span", { class: "toast-text" }, text),
      action && h("button", { type: "button", class: "btn small", onclick: () => (close(), action[1]()) }, action[0]),
      h("button", { type: "button", class: "btn ghost icon small", "aria-label": t("dismiss"), onclick: close }, icon("x", { small: true })),
    );
    while (place.children.length > 2) {
      place.firstElementChild.remove();
    }
    place.append(made);
    say(text);
    run();
    return close;
  };
  const failed = (error) =>
    toast(error?.reason || t(error?.status ? "wrong" : "unreachable"), { kind: "bad", icon: "circle-alert", seconds: 8 });
  return { say, toast, failed };
}
