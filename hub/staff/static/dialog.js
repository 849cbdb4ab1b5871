// Questions that must be answered before anything goes on.

import { fill, h, icon } from "./dom.js";

let numbers = 0;

// Shows `body` under `title`. buttons: [[label, value, class]]. Resolves with the value of the button, or null.
// check(value) may return words that say why it cannot be that yet.
export function ask(t, { title, body = [], buttons, kind = "", check = null, focus = null, wide = false }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const id = `ask-${(numbers += 1)}`;
    const wrong = h("p", { class: "wrong", role: "alert" });
    let value = null;
    const done = (chosen) => {
      const reason = chosen !== null && check?.(chosen);
      if (reason) {
        wrong.textContent = reason;
        return;
      }
      value = chosen;
      dialog.close();
    };
    const dialog = h("dialog", { class: `ask ${kind}${wide ? " wide" : ""}`, "aria-labelledby": id });
    const form = h("form", { method: "dialog", onsubmit: (event) => (event.preventDefault(), done(buttons.at(-1)[1])) });
    fill(
      form,
      h("header", {}, h("h2", { id }, title), h("button", { type: "button", class: "btn ghost icon", "aria-label": t("close_dialog"), onclick: () => done(null) }, icon("x"))),
      h("div", { class: "ask-body" }, body, wrong),
      h("footer", {}, buttons.map(([label, chosen, look = ""], index) =>
        h("button", { type: index === buttons.length - 1 ? "submit" : "button", class: `btn ${look}`, onclick: index === buttons.length - 1 ? null : () => done(chosen) }, label))),
    );
    dialog.append(form);
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.isConnected && before.focus({ preventScroll: true });
      resolve(value);
    });
    document.body.append(dialog);
    dialog.showModal();
    (focus ?? form.querySelector("footer .btn:last-child")).focus();
  });
}

// A group of radio buttons. `value()` is the chosen one, or null.
export function choices(name, legend, options) {
  const element = h("fieldset", { class: "choices" }, h("legend", {}, legend), options.map(([value, label, checked]) =>
    h("label", {}, h("input", { type: "radio", name, value, checked: Boolean(checked) }), h("span", {}, label))));
  return { element, value: () => element.querySelector("input:checked")?.value ?? null };
}
