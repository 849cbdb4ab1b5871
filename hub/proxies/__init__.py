"""Proxies: who may act for a patient, and who is written to about one.

1. `Proxies` keeps the rights: given and ended by staff, ended by themselves when the patient's age or their own end
   says so. What a right is for at this moment is computed (`consent.guardians`), never read.
2. `Hearing` says, for a message about a patient, who hears it and at which addresses: at routing, and again in the
   transaction that commits an attempt.
"""

from hub.proxies.hearing import Hearing, Listener
from hub.proxies.rights import NewProxy, NotGiven, Proxies, Proxy, Ward

__all__ = ["Hearing", "Listener", "NewProxy", "NotGiven", "Proxies", "Proxy", "Ward"]
