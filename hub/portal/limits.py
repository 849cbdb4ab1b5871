"""How often one client may try something."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

_MOST_CLIENTS = 10_000


class Limit:
    """Lets each client do something `most` times within `span`. Keeps a bounded number of clients, the newest."""

    def __init__(self, most: int, span: timedelta) -> None:
        self._most = most
        self._span = span
        self._done: OrderedDict[str, deque[datetime]] = OrderedDict()

    def allows(self, client: str, now: datetime) -> bool:
        """Whether `client` may do it once more at `now`; if so, it counts."""
        done = self._done.setdefault(client, deque(maxlen=self._most))
        self._done.move_to_end(client)
        while len(self._done) > _MOST_CLIENTS:
            self._done.popitem(last=False)
        if len(done) == self._most and done[0] > now - self._span:
            return False
        done.append(now)
        return True
