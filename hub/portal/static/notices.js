// Notifications on this device: what it can do, and, after a press alone, the question whether it may.

const section = document.getElementById("notices");
const form = document.getElementById("notices-on");
const show = (id) => (document.getElementById(id).hidden = false);
const hide = (id) => (document.getElementById(id).hidden = true);

const apple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

async function mark(endpoint) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(hash)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

function octets(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

async function here() {
  const worker = await navigator.serviceWorker.ready;
  const subscription = await worker.pushManager.getSubscription();
  const mine = subscription && (await mark(subscription.endpoint));
  const entry = mine && document.querySelector(`[data-mark="${CSS.escape(mine)}"]`);
  return { worker, subscription, entry };
}

async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") {
    show("notices-denied");
    return false;
  }
  const { worker, subscription } = await here();
  // A subscription that was turned off elsewhere, or made with another key, is of no more use.
  await subscription?.unsubscribe();
  const made = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: octets(section.dataset.key),
  });
  form.elements.subscription.value = JSON.stringify(made);
  return true;
}

async function begin() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    // On an iPhone only what is on the home screen can show notifications.
    if (apple && !installed) {
      hide("notices-cannot");
      show("notices-ios");
    }
    return;
  }
  hide("notices-cannot");
  const { subscription, entry } = await here();
  if (entry) {
    entry.querySelector(".mark-here").hidden = false;
    show("notices-here");
    entry.querySelector("form").addEventListener("submit", () => void subscription.unsubscribe());
    return;
  }
  if (Notification.permission === "denied") {
    show("notices-denied");
    return;
  }
  if (!form) {
    return;
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[role=alert]");
    failed.hidden = true;
    hide("notices-denied");
    try {
      if (await turnOn()) {
        form.submit();
      }
    } catch {
      failed.hidden = false;
    }
  });
}

begin();
