"""A conflict in words: the registry's JSON (salt.ConflictError) as text."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def describe(topic: str, version: str, conflict: Json) -> str:
    """The text of a conflict. Never fails, whatever the JSON holds."""
    if conflict.get("level"):
        return _evolution(topic, version, conflict)
    part = conflict.get("part") or "schema"
    lines = [f"Schema conflict: topic {topic!r} version {version!r} has two different schemas ({part})"]
    if conflict.get("have") or conflict.get("want"):
        lines.append(f"  in the registry: {conflict.get('have') or 'unknown origin'}")
        lines.append(f"  here:            {conflict.get('want') or 'unknown origin'}")
    for d in _dicts(conflict.get("differences")):
        lines.append(f"  {d.get('path') or '(whole schema)'}: registry has {d.get('have')}, here {d.get('want')}")
    lines.append("Give one of them another topic or version.")
    return "\n".join(lines)


def _evolution(topic: str, version: str, c: Json) -> str:
    lines = [
        f"Schema conflict: topic {topic!r} version {version!r} is not compatible with {c.get('against')}: "
        f"the topic is {c.get('level')}, but the {c.get('part') or 'payload'} that {c.get('writer')} writes "
        f"can be refused by readers of {c.get('reader')}"
    ]
    for b in _dicts(c.get("breaks")):
        place = b.get("path") or "(whole payload)"
        line = f"  {place}: {b.get('rule')}: writer {b.get('writer')}, reader {b.get('reader')}"
        if b.get("fix"):
            line += f"; fix: {b['fix']}"
        lines.append(line)
    for p in _dicts(c.get("hit")):
        name = f" {p['handler']}" if p.get("handler") else ""
        lines.append(f"  hits {p.get('role')}{name} of {p.get('service')} on {p.get('host')}")
    lines.append("Mend the schema, take another topic, or change the topic's compatibility.")
    return "\n".join(lines)


def _dicts(value: Any) -> list[Json]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
