"""Slots of an EHR that knows no operations: kept, taken and given back by changing their status, one version at a time.

A change names the version that was looked at (`If-Match`), so of several who want a slot one gets it, whoever they are.
A slot that the hub keeps bears its mark, so that after a crash it can tell its own from others'.
"""

from collections.abc import Callable
from typing import Literal

from hub.ehr.client import Client, Resource
from hub.ehr.errors import EhrConflict, EhrRefused, EhrUnknown
from hub.ehr.reading import HOLDING, mappings, marked, version

__all__ = ["Slots"]

_LOOKS = 5
"""How often a slot is looked at before it is given up that somebody else changes it each time."""
Judge = Callable[[Resource], Resource | bool]
"""What a slot should be; True when it is as it should be, False when it may not be changed."""


class Slots:
    """The slots of one EHR. `mark` is this hub's own, the same for all it holds."""

    def __init__(self, client: Client, mark: str) -> None:
        self._client = client
        self._mark = mark

    def ours(self, resource: Resource) -> bool:
        """Whether this hub keeps the slot."""
        return resource.get("status") == "busy-tentative" and marked(resource, HOLDING, self._mark)

    async def keep(self, slot_id: str) -> bool:
        """Keep a slot that is free or that we keep already; False when somebody else has it. Raises: EhrError."""

        def judge(resource: Resource) -> Resource | bool:
            if self.ours(resource):
                return True
            return self._as(resource, "busy-tentative", kept=True) if resource.get("status") == "free" else False

        return await self._change(slot_id, judge)

    async def take(self, slot_id: str) -> Literal["ours", "busy", "lost"]:
        """Let a slot that we keep be taken for good. Raises: EhrError.

        `busy`: it was so already. Servers may do that themselves when they book; or somebody else has it.
        """
        was = ""

        def judge(resource: Resource) -> Resource | bool:
            nonlocal was
            if self.ours(resource):
                was = "ours"
                return self._as(resource, "busy", kept=False)
            # After an answer that was lost: what we did, or what we see of others.
            was = was or str(resource.get("status"))
            return resource.get("status") == "busy"

        if not await self._change(slot_id, judge):
            return "lost"
        return "ours" if was == "ours" else "busy"

    async def give_back(self, slot_id: str, *, booked: bool = False) -> bool:
        """Let others have a slot that we keep; with `booked`, one whose visit was cancelled. Raises: EhrError."""

        def judge(resource: Resource) -> Resource | bool:
            if self.ours(resource) or (booked and resource.get("status") == "busy"):
                return self._as(resource, "free", kept=False)
            return bool(resource.get("status") == "free")

        return await self._change(slot_id, judge)

    async def _change(self, slot_id: str, judge: Judge) -> bool:
        """Whether the slot is now as it should be."""
        for _ in range(_LOOKS):
            resource = await self._client.read("Slot", slot_id)
            if resource is None:
                return False
            wanted = judge(resource)
            if isinstance(wanted, bool):
                return wanted
            if not version(resource):
                raise EhrRefused("the EHR gives its slots no versions: they cannot be kept safely")
            try:
                await self._client.update(wanted, version(resource))
            except (EhrConflict, EhrUnknown):
                # Somebody was first, or nobody knows: what the slot is now tells.
                continue
            return True
        raise EhrUnknown("a Slot of the EHR does not come to rest")

    def _as(self, resource: Resource, status: str, *, kept: bool) -> Resource:
        ours = {"system": HOLDING, "value": self._mark}
        others = [one for one in mappings(resource.get("identifier")) if one != ours and one.get("system") != HOLDING]
        changed = {**resource, "status": status, "identifier": [*others, ours] if kept else others}
        if not changed["identifier"]:
            del changed["identifier"]
        return changed
