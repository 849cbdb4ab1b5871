"""Scheduling in an EHR by FHIR R4: the port of `bots.scheduling.base`, over a server that others change, too.

1. `client` asks the server, signed in by `smart`; `errors` says what may have been done.
2. `reading`, `schedules` and `patients` say what resources mean here: slots, names, persons by their record number.
3. `calendar` and `news` keep the hub's slots and visits what the EHR's are; what changed there voids its reminders.
4. `journal` writes a change down before the EHR is asked; `booker`, `slots` and `bookings` make it there.
5. `scheduling` is the port: written down, made, read back, recorded; and the sweep of what was left behind.

        book ─► journal ║ ─► Slot busy-tentative (If-Match) ─► Appointment (If-None-Exist) ─► Slot busy
             ─► read back ─► ║ visit + audit + event + answer ─► "booked"
"""

from hub.ehr.client import Client
from hub.ehr.scheduling import FhirScheduling
from hub.ehr.smart import BackendServices, SigningKeys

__all__ = ["BackendServices", "Client", "FhirScheduling", "SigningKeys"]
