// The pages of staff that make a passkey or ask for one.

import { enter, make, offer } from "/static/passkeys.js";

offer(document.getElementById("passkey"), enter);
offer(document.getElementById("passkey-add"), make);
