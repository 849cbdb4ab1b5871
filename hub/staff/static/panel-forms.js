// What the panel's forms are made of: labelled fields, and a form that says what went wrong in its place.

import { fill, h } from "./dom.js";

let numbers = 0;

export const newKey = () => crypto.randomUUID();

// A labelled control; `hint` is told with it.
export function field(label, control, hint = "") {
  const id = control.id || `pn-${(numbers += 1)}`;
  control.id = id;
  const told = hint && h("span", { class: "pn-hint", id: `${id}-hint` }, hint);
  if (told) {
    control.setAttribute("aria-describedby", told.id);
  }
  return h("div", { class: "pn-field" }, h("label", { for: id }, label), control, told);
}

export const text = (name, props = {}) => h("input", { type: "text", name, autocomplete: "off", ...props });

// options: [[value, words]].
export const select = (name, options, chosen = "") =>
  h("select", { name }, options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));

export const tick = (name, words, { value = "on", checked = false, disabled = false } = {}) =>
  h("label", { class: "pn-tick" }, h("input", { type: "checkbox", name, value, checked, disabled }), h("span", {}, words));

export const group = (legend, ...children) => h("fieldset", { class: "pn-group" }, h("legend", {}, legend), children);

export const ticked = (form, name) =>
  [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((one) => one.value);

// Why it was not done, in words for staff.
export function why(error, t) {
  const problem = error?.problem ?? error ?? {};
  return problem.reasons?.[0] || problem.detail || t("panel_failed");
}

export const kindOf = (error) => String((error?.problem ?? error ?? {}).type ?? "").split(":").pop();

// A form in the panel. `send(form)` does it; what it throws is told here. `close` takes the form away again.
export function form(t, { label, children, submit, danger = false, send, close }) {
  const wrong = h("p", { class: "pn-wrong", role: "alert" });
  const button = h("button", { type: "submit", class: danger ? "pn-btn danger" : "pn-btn main" }, submit);
  const made = h("form", { class: "pn-form", "aria-label": label, novalidate: "" });
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) {
      return;
    }
    button.disabled = true;
    wrong.textContent = "";
    try {
      await send(made);
    } catch (error) {
      wrong.textContent = error instanceof Wrong ? error.message : why(error, t);
    } finally {
      button.disabled = false;
    }
  });
  made.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  fill(
    made,
    children,
    wrong,
    h("div", { class: "pn-buttons" }, button, h("button", { type: "button", class: "pn-btn", onclick: close }, t("panel_cancel"))),
  );
  return made;
}

// What is wrong with what was typed, before anything is sent.
export class Wrong extends Error {}

// A button that opens a form in `place`, right below; the button comes back when the form closes.
export function opener(words, place, make, { closed = () => {}, quiet = false } = {}) {
  const button = h("button", { type: "button", class: quiet ? "pn-btn small" : "pn-btn", "aria-expanded": "false" }, words);
  const close = () => {
    place.replaceChildren();
    button.setAttribute("aria-expanded", "false");
    button.hidden = false;
    button.focus({ preventScroll: true });
    closed();
  };
  button.addEventListener("click", () => {
    fill(place, make(close));
    button.setAttribute("aria-expanded", "true");
    button.hidden = true;
    place.querySelector("input:not([type=checkbox]):not([type=hidden]), select, textarea, input, button")?.focus();
  });
  return button;
}
