// The figures of a run, as they change: numbers, bars, progress. Without it the page shows how things stood.

import { follow } from "/staff/static/stream.js";

const run = document.getElementById("run");
const number = new Intl.NumberFormat(document.documentElement.lang === "es" ? "es-US" : "en-US");

let leaving = false;
addEventListener("submit", () => {
  leaving = true;
});

const show = ({ state, numbers }) => {
  if (leaving) {
    return;
  }
  if (state !== run.dataset.state) {
    // Other things can be done now.
    location.replace(location.pathname);
    return;
  }
  for (const [name, value] of Object.entries(numbers)) {
    const share = numbers.queued ? (100 * value) / numbers.queued : 0;
    for (const one of document.querySelectorAll(`[data-n="${name}"]`)) {
      one.textContent = number.format(value);
    }
    for (const one of document.querySelectorAll(`[data-bar="${name}"]`)) {
      one.setAttribute("width", `${Math.min(100, share).toFixed(2)}%`);
    }
    for (const one of document.querySelectorAll(`[data-share="${name}"]`)) {
      one.textContent = number.format(Math.round(share));
    }
  }
  const bar = document.getElementById("bar");
  bar.max = Math.max(1, numbers.total);
  bar.value = numbers.done;
};

if (run) {
  const live = document.querySelector(".live");
  follow(`/inbox/api/runs/${run.dataset.run}/events`, null, (told) => {
    if (told.type === "event" && told.name === "counted") {
      show(told.data);
    } else if (told.type === "reset") {
      location.reload();
    }
    if (live && ["open", "lost", "ended"].includes(told.type)) {
      live.hidden = told.type !== "open";
    }
  });
}
