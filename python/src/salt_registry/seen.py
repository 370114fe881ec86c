"""Who uses which topic, as the registry's salt.Participant. Not safe for
threads: its owner's lock guards it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

Json = dict[str, Any]
Identity = tuple[str, str, str, str]


class Seen:
    def __init__(self, service: str, host: str) -> None:
        self._service = service
        self._host = host
        self._all: dict[Identity, Json] = {}
        self._unsent: set[Identity] = set()
        self._misses: dict[Identity, int] = {}

    def note(self, topic: str, version: str, role: str, handler: str = "", type_: str = "", source: str = "") -> bool:
        """Whether that is news."""
        key = (topic, version, role, handler)
        p: Json = {
            "topic": topic,
            "version": version,
            "role": role,
            "service": self._service,
            "host": self._host,
            "handler": handler,
            "type": type_,
            "source": source,
            "language": "python",
        }
        if self._all.get(key) == p:
            return False
        self._all[key] = p
        self._unsent.add(key)
        return True

    def __bool__(self) -> bool:
        return bool(self._all)

    def unsent(self, limit: int, but: Collection[Identity] = ()) -> list[tuple[Identity, Json]]:
        """Those at which the registry failed come last, so that they hold up no other."""
        keys = sorted(self._unsent.difference(but), key=lambda key: (self._misses.get(key, 0), key))
        return [(key, self._all[key]) for key in keys[:limit]]

    def missed(self, keys: Iterable[Identity]) -> None:
        for key in keys:
            self._misses[key] = self._misses.get(key, 0) + 1

    def sent(self, keys: Iterable[Identity]) -> None:
        self._unsent.difference_update(keys)
        for key in keys:
            self._misses.pop(key, None)

    def pending(self) -> int:
        return len(self._unsent)

    def again(self) -> None:
        """All are to be sent once more: they are still there."""
        self._unsent.update(self._all)
