// The keyboard: everything that can be done, with one key where nobody is typing. Single keys can be turned off.

import { fill, h } from "./dom.js";
import { typing } from "./dom.js";
import { isOpen } from "./picker.js";
import { openPalette } from "./palette.js";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
export const CONTROL = MAC ? "⌘" : "Ctrl";

export function makeKeys(app) {
  const { t } = app.w;
  const onThread = (run) => () => app.store.current && run();
  const keys = {
    j: () => app.list.step(1),
    k: () => app.list.step(-1),
    o: () => app.list.at() && app.open(app.list.at(), { from: "keys" }),
    x: () => app.list.at() && app.list.select(app.list.at(), !app.store.selected.has(app.list.at())),
    r: onThread(() => app.composer.write("reply")),
    n: onThread(() => app.composer.write("note")),
    a: () => app.do.assign(),
    i: () => app.do.claim(),
    z: () => app.do.snooze(),
    e: () => app.do.close(),
    t: onThread(() => app.do.takeOver([app.store.current])),
    u: () => app.do.settle(),
    l: () => app.do.targets().length && app.do.labels(),
    p: onThread(() => app.toggleDrawer()),
    "/": () => app.search.focus(),
    "?": () => help(),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) {
        openPalette(app);
      }
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOpen() || document.querySelector("dialog[open]")) {
      return;
    }
    if (event.key === "Escape" && !typing(event.target)) {
      if (app.store.selected.size) {
        app.bulk.clear();
      } else if (document.body.classList.contains("drawer")) {
        app.toggleDrawer();
      } else if (app.search.on()) {
        app.search.clear();
      } else {
        app.list.focus();
      }
      return;
    }
    if (typing(event.target) || app.me.switches.keys === false) {
      return;
    }
    const run = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (run && !(event.shiftKey && /^[a-z]$/i.test(event.key))) {
      event.preventDefault();
      run();
    }
  });

  // The sheet of all keys.
  const help = () => {
    const before = document.activeElement;
    const groups = [
      ["help_list", [["J", "key_next"], ["K", "key_previous"], ["O", "key_open"], ["X", "key_select"], ["/", "key_search"]]],
      ["help_write", [["R", "key_reply"], ["N", "key_note"], ["/", "key_canned"], ["@", "key_mention"], [`${CONTROL} Enter`, "key_send"], ["Esc", "key_leave"]]],
      ["help_thread", [["A", "key_assign"], ["I", "key_claim"], ["T", "key_take_over"], ["Z", "key_snooze"], ["U", "key_settle"], ["L", "key_labels"], ["E", "key_close"], ["P", "key_patient"]]],
      ["help_page", [[`${CONTROL} K`, "key_palette"], ["?", "key_help"]]],
    ];
    const on = app.me.switches.keys !== false;
    const dialog = h("dialog", { class: "ask help wide", "aria-labelledby": "help-title" });
    fill(dialog,
      h("header", {}, h("h2", { id: "help-title" }, t("help")), h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("close_dialog"))),
      h("div", { class: "help-groups" }, groups.map(([title, list]) => h("section", {}, h("h3", {}, t(title)), h("dl", {}, list.map(([key, words]) => h("div", {}, h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, t(words)))))))),
      h("footer", { class: "help-foot" }, h("label", { class: "switch" }, h("input", { type: "checkbox", checked: on, onchange: () => app.toggle("keys") }), h("span", {}, t("keys_switch")))));
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => (dialog.remove(), before?.isConnected && before.focus()));
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("button").focus();
  };
  app.help = help;
  return { help };
}
