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
  let again = false;

  // Puts the messages of `page` in the place of those shown. A page that is none of ours means: signed out.
  const show = (page) => {
    const fresh = page?.querySelector("#talk[data-live] .log");
    if (!fresh) {
      location.assign("/portal?again=1");
      return;
    }
    const wrong = page.querySelector(".write .wrong");
    talk.querySelector(".write .wrong")?.remove();
    if (wrong) {
      talk.querySelector(".write").prepend(document.importNode(wrong, true));
    }
    const newest = (root) => [...root.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq;
    const shown = talk.querySelector(".log");
    const key = page.querySelector(".write [name=key]").value;
    settle(shown, fresh);
    if (newest(fresh) !== newest(shown)) {
      follow(shown, document.importNode(fresh, true), newest(shown));
    }
    return wrong ? null : key;
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
      again = true;
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
    if (again) {
      again = false;
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

  talk.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-send]")) {
      return;
    }
    event.preventDefault();
    const filled = new FormData(form, event.submitter);
    const said = form.matches(".write") ? filled : new URLSearchParams(filled);
    const buttons = form.querySelectorAll("button");
    buttons.forEach((one) => (one.disabled = true));
    try {
      const page = await asked("/portal/messages", { form: said });
      if (page?.querySelector("#unsent")) {
        // Signed out meanwhile: asked for as a page, the same answer shows what was written.
        form.submit();
        return;
      }
      const key = show(page);
      form.querySelector(".before-sending")?.remove();
      const warning = page?.querySelector(".before-sending");
      if (warning) {
        form.prepend(document.importNode(warning, true));
        form.querySelector(".before-sending a").focus();
      } else if (form.matches(".write") && key) {
        form.reset();
        form.querySelector("details").open = false;
        form.elements.key.value = key;
        form.elements.text.focus();
      }
      lost.hidden = true;
      active();
    } catch {
      // The text stays in the box, under the same key: sent again, it is still one message.
      lost.hidden = false;
    }
    buttons.forEach((one) => (one.disabled = false));
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
