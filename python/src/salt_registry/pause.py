"""How long what has failed is left alone."""

from __future__ import annotations

import random
import time

from salt_registry.errors import SaltRegistryUnavailable

_FIRST, _LONGEST = 0.5, 30.0  # seconds


class Pause:
    """Longer with every failure in a row. Each thing that can fail by itself has
    its own: what works must not shorten the pause of what does not. Not safe for
    threads: its owner's lock guards it."""

    __slots__ = ("failures", "until", "error")

    def __init__(self) -> None:
        self.failures = 0  # in a row
        self.until = 0.0  # on the monotonic clock
        self.error = ""

    def failed(self, e: SaltRegistryUnavailable) -> None:
        seconds = min(_FIRST * 2 ** min(self.failures, 10), _LONGEST) * random.uniform(0.5, 1.0)
        self.failures += 1
        self.until = time.monotonic() + max(seconds, e.retry_after or 0.0)
        self.error = str(e)

    def worked(self) -> None:
        self.failures, self.until = 0, 0.0

    def over(self) -> bool:
        return time.monotonic() >= self.until
