"""The settings: environment variables (and a `.env` file), typed, checked all at once at start.

1. `clinic`, `ways`, `staff` and `systems` have a field for each variable, whose metadata is what README prints;
   `fields.Settings` is all of them.
2. `parsing` turns words into values. `secret.Secret` shows itself only when asked.
3. `loading.load` reads them all. A secret may also come from a file: `HUB_TWILIO_AUTH_TOKEN_FILE` names one.

Nothing here connects to anything.
"""

from hub.settings.fields import Settings, described
from hub.settings.loading import load
from hub.settings.parsing import LOOPBACK, Network
from hub.settings.secret import Secret

__all__ = ["LOOPBACK", "Network", "Secret", "Settings", "described", "load"]
