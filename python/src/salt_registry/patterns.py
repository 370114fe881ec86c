"""Subscriptions to patterns ("order.*", "#").

celery-salt makes a model from the properties of one schema, and its handler gets
what the model has. So a pattern gets one schema with the members of all topics
that match: optional all, with a type where all topics agree on it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]


def is_pattern(topic: str) -> bool:
    return any(word in ("*", "#") for word in topic.split("."))


def prefix(pattern: str) -> str:
    """What every matching topic starts with."""
    words = []
    for word in pattern.split("."):
        if word in ("*", "#"):
            break
        words.append(word)
    return ".".join(words)


def matcher(pattern: str) -> re.Pattern[str]:
    """* is one word, # any number of words, none included."""
    out = ""
    for i, word in enumerate(pattern.split(".")):
        if word == "#":
            out += r"(?:(?:^|\.)[^.]+)*"
            continue
        if i > 0:
            out += r"(?:^|\.)"  # after a leading # that stands for nothing
        out += r"[^.]+" if word == "*" else re.escape(word)
    return re.compile(out + r"\Z")


def merge(pattern: str, schemas: Iterable[Json]) -> Json:
    """One schema for the messages of several."""
    members: dict[str, Json] = {}
    for schema in schemas:
        for name, member in (schema.get("properties") or {}).items():
            if not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
                continue  # Pydantic has no such field
            # A default would be taken for something the sender wrote.
            plain = {k: v for k, v in member.items() if k != "default"} if isinstance(member, dict) else {}
            if "$ref" in str(plain) or members.get(name, plain) != plain:
                plain = {}
            members[name] = plain
    return {"title": "Message", "description": f"Messages of {pattern}.", "type": "object", "properties": members}
