// What happened behind the messages: newest first, a bounded number of lines.

const MOST = 120;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", hourCycle: "h23" });

export function behind(panel) {
  const list = panel.querySelector(".deeds");
  const template = document.getElementById("deed-template");
  const seen = new Set();

  return {
    cleared() {
      seen.clear();
      list.replaceChildren();
      panel.querySelector(".empty").hidden = false;
    },
    deed({ id, at, kind, who, words }) {
      if (seen.has(id)) return;
      seen.add(id);
      panel.querySelector(".empty").hidden = true;
      const row = template.content.cloneNode(true).firstElementChild;
      row.dataset.kind = kind;
      const what = row.querySelector(".what");
      if (who) {
        const name = document.createElement("b");
        name.textContent = who;
        what.append(name, " ");
      }
      what.append(words);
      const time = row.querySelector("time");
      time.dateTime = at;
      time.textContent = clock.format(new Date(at));
      list.prepend(row);
      while (list.children.length > MOST) list.lastElementChild.remove();
    },
  };
}
