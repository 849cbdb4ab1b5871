// Puts the page together: two phones, what happens behind them, and the stream that feeds both.

import { behind } from "/demo/static/behind.js";
import { handset } from "/demo/static/handset.js";
import { listen } from "/demo/static/live.js";
import { tabs } from "/demo/static/tabs.js";
import { received, stands, started } from "/demo/static/texts.js";

const panels = ["panel-a", "panel-b", "panel-behind"].map((id) => document.getElementById(id));
const owners = panels.slice(0, 2).map((panel) => handset(panel).owner);
const deeds = behind(panels[2]);
const lost = document.getElementById("lost");

// A phone is in one hand at a time.
function apart() {
  owners.forEach((owner, n) => {
    for (const option of owner.options) option.disabled = option.value === owners[1 - n].value;
  });
}
owners.forEach((owner) => owner.addEventListener("change", apart));
apart();

tabs(document.querySelector("[role=tablist]"), panels);

let run = "";
listen(
  {
    started({ run: id }) {
      if (run && run !== id) deeds.cleared();
      run = id;
      started(id);
    },
    texts: received,
    standing: stands,
    deed: deeds.deed,
  },
  (connected) => {
    lost.hidden = connected;
    lost.querySelector("span").textContent = connected
      ? ""
      : "Connection lost. Texts are kept, and this page catches up by itself as soon as the demo answers again.";
  },
);
