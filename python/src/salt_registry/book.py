"""What this process has registered, or wants to. Not safe for threads: its
owner's lock guards it."""

from __future__ import annotations

import copy
from typing import Any

from salt_registry.errors import SaltRegistryRefused, SaltSchemaConflict
from salt_registry.versions import LATEST, order

Json = dict[str, Any]
Refusal = SaltSchemaConflict | SaltRegistryRefused

PENDING, KNOWN, REFUSED = "pending", "known", "refused"


class Entry:
    """A spec, and what the registry said to it."""

    __slots__ = ("spec", "state", "refusal", "ask_again", "misses")

    def __init__(self, spec: Json) -> None:
        self.spec = spec
        self.state = PENDING
        self.refusal: Refusal | None = None
        self.ask_again = 0.0  # on the monotonic clock
        self.misses = 0  # attempts at which the registry was there and failed

    def raisable(self) -> Refusal:
        """The refusal anew, so that tracebacks do not pile up on one exception."""
        again: Refusal = copy.copy(self.refusal)  # type: ignore[assignment]
        return again


class Book:
    """Entries by topic, version and digest: one process may define the same
    version twice, differently, and each gets its own answer."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, bytes], Entry] = {}

    def get(self, key: tuple[str, str, bytes]) -> Entry | None:
        return self._entries.get(key)

    def put(self, key: tuple[str, str, bytes], entry: Entry) -> None:
        self._entries[key] = entry

    def in_state(self, state: str) -> list[Entry]:
        return [e for e in self._entries.values() if e.state == state]

    def conflicts(self) -> list[SaltSchemaConflict]:
        return [e.refusal for e in self._entries.values() if isinstance(e.refusal, SaltSchemaConflict)]

    def find(self, topic: str, version: str) -> Json | None:
        """The spec of a version, or of the highest; nothing that conflicts."""
        best: Json | None = None
        for e in self._entries.values():
            if isinstance(e.refusal, SaltSchemaConflict) or e.spec["topic"] != topic:
                continue
            if version == e.spec["version"]:
                return e.spec
            if version == LATEST and (best is None or order(e.spec["version"]) > order(best["version"])):
                best = e.spec
        return best
