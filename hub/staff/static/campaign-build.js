// The form that builds a plan, as one types: previews, lengths and the file follow; what changes its shape comes back as
// the hub draws it. Without it each button posts the form, and that does the same.

const form = document.getElementById("build");
const WAIT = 250;

let dirty = Boolean(form.elements.tried.value);
let timer = 0;
let round = 0;
let last = null;

// The page as the hub draws it for what stands in the form; null where it did not, or something newer was asked for.
const drawn = (action) =>
  new Promise((done) => {
    const mine = ++round;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", action);
    // A document that is asked for as one is no text that a script makes a page of: scripts in it never run.
    const asked = new XMLHttpRequest();
    asked.open("POST", form.getAttribute("action"));
    asked.responseType = "document";
    asked.onloadend = () => {
      const page = asked.response;
      done(mine === round && page?.getElementById("build") ? page : null);
    };
    asked.send(fields);
  });

const look = async () => {
  const page = await drawn("look");
  for (const one of page ? document.querySelectorAll("[data-live]") : []) {
    const now = page.getElementById(one.id);
    if (now && now.innerHTML !== one.innerHTML) {
      one.replaceChildren(...document.importNode(now, true).childNodes);
    }
  }
  // What was mended is no longer marked.
  for (const one of page ? form.querySelectorAll(".problem") : []) {
    if (!page.getElementById(one.id)) {
      const field = document.getElementById(one.id.replace(/-wrong$/, ""));
      field?.removeAttribute("aria-invalid");
      field?.removeAttribute("aria-describedby");
      one.remove();
    }
  }
};

// The whole form anew. What had the focus has it again, or what `to` names.
const shape = async (action, to) => {
  clearTimeout(timer);
  const focused = document.activeElement?.id;
  const page = await drawn(action);
  if (!page) {
    return;
  }
  const open = document.getElementById("as-file").open;
  form.replaceChildren(...document.importNode(page.getElementById("build"), true).childNodes);
  document.getElementById("as-file").open = open;
  const next = (to && document.querySelector(to)) || (focused && document.getElementById(focused));
  next?.focus({ preventScroll: !to });
  if (to && next) {
    next.scrollIntoView({ block: "nearest" });
  }
};

form.addEventListener("input", (event) => {
  dirty = true;
  if (!event.target.matches("[data-shape]")) {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  }
});

form.addEventListener("change", (event) => {
  if (event.target.matches("[data-shape]")) {
    shape("look");
  }
});

form.addEventListener("focusin", (event) => {
  if (event.target.matches(".wording textarea")) {
    last = event.target;
    const [, step, wording] = /^steps\.(\d+)\.w\.(\d+)\./.exec(last.id) ?? [];
    const see = document.getElementById("see");
    if (step !== undefined && see.value !== `${step}.${wording}`) {
      see.value = `${step}.${wording}`;
      look();
    }
  }
});

form.addEventListener("click", (event) => {
  const variable = event.target.closest("[data-insert]");
  if (variable) {
    const group = variable.closest(".wording");
    const at = last && group.contains(last) ? last : group.querySelector("textarea");
    at.focus();
    at.setRangeText(variable.dataset.insert, at.selectionStart, at.selectionEnd, "end");
    at.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || button.value === "save") {
    dirty = false;
    return;
  }
  event.preventDefault();
  dirty = true;
  shape(button.value, button.getAttribute("formaction"));
});

addEventListener("beforeunload", (event) => {
  if (dirty) {
    event.preventDefault();
  }
});

if (document.querySelector("#wrongs .wrong")) {
  document.querySelector("[aria-invalid]")?.focus();
}
