// Spares reloading: shows what is new by itself, sends without leaving the page, and warns before the session ends.
// The server draws all there is to see; a page asked for here comes as a document, and its parts take the old ones' place.

const BY_ITSELF = "X-Portal-Refresh";

if ("serviceWorker" in navigator) {
  const worker = "/portal/static/worker.js";
  const policy = globalThis.trustedTypes?.createPolicy("hub", {
    createScriptURL: (url) => {
      if (url !== worker) {
        throw new TypeError("no other script is run");
      }
      return url;
    },
  });
  // Private windows have no workers: the portal works without.
  navigator.serviceWorker.register(policy ? policy.createScriptURL(worker) : worker, { scope: "/portal" }).catch(() => {});
}

// A page of ours as a document, not run and not shown. Rejects when the hub cannot be reached.
function asked(url, { form = null, byItself = false } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(form ? "POST" : "GET", url);
    request.responseType = "document";
    if (byItself) {
      request.setRequestHeader(BY_ITSELF, "1");
    }
    request.onload = () => (request.status < 500 ? resolve(request.response) : reject(new Error("unanswered")));
    request.onerror = () => reject(new Error("unreachable"));
    request.send(form);
  });
}

const talk = document.querySelector("#talk[data-live]");

if (talk) {
  const lost = document.getElementById("lost");
  let stream = null;
  let asking = false;
  let anew = false;

  // Puts the messages of `page` in the place of those shown. False when it is none of ours: they are signed out.
  const show = (page) => {
    const fresh = page?.querySelector("#talk[data-live] .log");
    if (!fresh) {
      location.assign("/portal?again=1");
      return false;
    }
    const newest = (root) => [...root.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq;
    const shown = talk.querySelector(".log");
    settle(shown, fresh);
    if (newest(fresh) !== newest(shown)) {
      follow(shown, document.importNode(fresh, true), newest(shown));
    }
    return true;
  };

  // Shows what became of files that were being checked.
  const settle = (shown, fresh) => {
    for (const pending of shown.querySelectorAll("[data-seq]:has([data-pending])")) {
      const now = fresh.querySelector(`[data-seq="${CSS.escape(pending.dataset.seq)}"]`);
      if (now && !now.querySelector("[data-pending]")) {
        pending.replaceWith(document.importNode(now, true));
      }
    }
  };

  // Adds what comes after the message numbered `last`; that one loses its choices. What was read out stays as it is:
  // a screen reader would read it all again.
  const follow = (shown, fresh, last) => {
    const same = last && fresh.querySelector(`[data-seq="${CSS.escape(last)}"]`);
    if (!same) {
      shown.replaceWith(fresh);
      return;
    }
    const added = [];
    for (let next = same.nextElementSibling; next; next = next.nextElementSibling) {
      added.push(next);
    }
    const before = shown.querySelector(`[data-seq="${CSS.escape(last)}"]`);
    if (!before.isEqualNode(same)) {
      before.replaceWith(same);
    }
    shown.append(...added);
  };

  const refresh = async () => {
    if (asking) {
      anew = true;
      return;
    }
    asking = true;
    try {
      show(await asked("/portal/messages", { byItself: true }));
      lost.hidden = true;
    } catch {
      lost.hidden = false;
    }
    asking = false;
    if (anew) {
      anew = false;
      refresh();
    }
  };

  const listen = () => {
    if (stream || document.hidden) {
      return;
    }
    stream = new EventSource("/portal/events");
    stream.addEventListener("changed", refresh);
    stream.addEventListener("ended", () => location.assign("/portal?again=1"));
    stream.addEventListener("open", () => {
      lost.hidden = true;
      refresh();
    });
    stream.addEventListener("error", () => {
      lost.hidden = false;
      // A refused stream does not come back by itself.
      if (stream?.readyState === EventSource.CLOSED) {
        stream = null;
        setTimeout(listen, 5000);
      }
    });
  };

  const leave = () => {
    stream?.close();
    stream = null;
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", listen);

  // Says below the messages why the last one did not go. A page that is read later does not take that away.
  const wrong = document.getElementById("wrong");
  const tell = (why) => {
    wrong.textContent = why;
    wrong.hidden = !why;
  };

  // Empties the box of what was sent: `sent` was in it then, and what was written since stays.
  const empty = (form, sent) => {
    const { text, file } = form.elements;
    text.value = text.value.startsWith(sent) ? text.value.slice(sent.length).trimStart() : text.value;
    file.value = "";
    form.querySelector("details").open = false;
    text.focus();
  };

  // What the hub answered to what was sent by `form`: whether it took it.
  const answered = (form, page, sent) => {
    const why = page.querySelector("#wrong").textContent;
    const warning = page.querySelector(".before-sending");
    tell(why);
    talk.querySelector(".write .before-sending")?.remove();
    if (warning) {
      form.prepend(document.importNode(warning, true));
      form.querySelector(".before-sending a").focus();
    }
    if (why || warning) {
      return false;
    }
    if (form.matches(".write")) {
      form.elements.key.value = page.querySelector(".write [name=key]").value;
      empty(form, sent);
    }
    return true;
  };

  const under = new Set();
  const again = new Set();

  talk.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-send]")) {
      return;
    }
    event.preventDefault();
    if (under.has(form)) {
      // Enter was pressed on the next message while this one is on its way.
      again.add(form);
      return;
    }
    const filled = new FormData(form, event.submitter);
    const sent = form.matches(".write") ? form.elements.text.value : "";
    const still = form.querySelectorAll("button, input[type=file]");
    const hold = (on) => {
      under[on ? "add" : "delete"](form);
      still.forEach((one) => (one.disabled = on));
    };
    hold(true);
    let took = false;
    try {
      const page = await asked("/portal/messages", { form: form.matches(".write") ? filled : new URLSearchParams(filled) });
      if (page?.querySelector("#unsent")) {
        // Signed out meanwhile: asked for as a page, the same answer shows what was written.
        form.submit();
        return;
      }
      took = show(page) && answered(form, page, sent);
      active();
    } catch {
      // The text stays in the box, under the same key: sent again, it is still one message.
      tell(wrong.dataset.unsent);
    }
    hold(false);
    if (again.delete(form) && took && form.elements.text.value.trim()) {
      form.requestSubmit();
    }
  });

  // Enter sends, as in every other place where one writes messages.
  talk.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
}

// The session ends when nothing is done for a while: this says so in time, and then shows nothing more.
const { warn, idle } = document.body.dataset;
const timers = [];

function active() {
  timers.splice(0).forEach(clearTimeout);
  document.getElementById("idle").hidden = true;
  timers.push(setTimeout(() => (document.getElementById("idle").hidden = false), warn * 1000));
  timers.push(setTimeout(() => location.assign("/portal?again=1"), idle * 1000));
}

if (warn) {
  active();
  document.querySelector("#idle a").addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      await asked(location.href);
      active();
    } catch {
      location.reload();
    }
  });
}
