// Passkeys, on every surface: asks the hub what is to be signed, and the device's lock to sign it.

const octets = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

// Browsers have a function for each of these two since 2025 only.
function readable(options) {
  const named = (one) => ({ ...one, id: octets(one.id) });
  return {
    ...options,
    challenge: octets(options.challenge),
    ...(options.user && { user: named(options.user) }),
    ...(options.excludeCredentials && { excludeCredentials: options.excludeCredentials.map(named) }),
    ...(options.allowCredentials && { allowCredentials: options.allowCredentials.map(named) }),
  };
}

function written({ id, rawId, type, response }) {
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) {
      said[name] = text(response[name]);
    }
  }
  if (response.getTransports) {
    said.transports = response.getTransports();
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: said, clientExtensionResults: {} });
}

async function ask(address, fields) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(fields) });
  if (!answer.ok) {
    throw new Error("refused");
  }
  return readable(await answer.json());
}

// Shows `form` where the browser knows passkeys, and lets `sign` answer it before it is posted.
export function offer(form, sign) {
  if (!form || !globalThis.PublicKeyCredential) {
    return;
  }
  form.hidden = false;
  const failed = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    failed.hidden = true;
    try {
      form.elements.answer.value = written(await sign(await ask(form.dataset.ask, new FormData(form))));
      form.submit();
    } catch {
      // Not allowed, timed out, or no such passkey: browsers do not tell which.
      failed.hidden = false;
      button.disabled = false;
    }
  });
}

// What a passkey of this device answers to what `address` asks it, as JSON. Throws when there is none, or nobody agrees.
export async function askPasskey(address) {
  return written(await navigator.credentials.get({ publicKey: await ask(address, []) }));
}

export const enter = (publicKey) => navigator.credentials.get({ publicKey });
export const make = (publicKey) => navigator.credentials.create({ publicKey });
