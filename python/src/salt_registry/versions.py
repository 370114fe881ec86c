"""The order of versions, which is celery-salt's and Salt's."""

from __future__ import annotations

LATEST = "latest"


def order(version: str) -> tuple[int, ...]:
    """A sort key: v2 < v10, v2 equals v2.0; what cannot be read comes first."""
    parts: list[int] = []
    for word in version.strip().lstrip("vV").split("."):
        if not word.strip():
            continue
        try:
            parts.append(int(word))
        except ValueError:
            return ()
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)
