"""Events whose payload is nothing special: what matters is how they travel."""

from typing import Any

import celery_salt
from celery_salt import event, subscribe
from pydantic import BaseModel

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)
TOPICS = ["note.py", "two.py", "several.both"]
EVENTS = {}


def note(topic):
    @event(topic)
    class Note:
        tag: str
        n: int = 0

    return Note


for topic in ["note.py", "note.go", "two.py", "two.go", "several.both"]:
    EVENTS[topic] = note(topic)

if SaltEvent:

    class NoteClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            n: int = 0

        class Meta:
            topic = "note.go.class"

    EVENTS["note.go.class"] = NoteClass


def nearly(c):
    """{"topic": …, "value": name}: publishes what Python's own types can not say in
    JSON."""
    from datetime import timedelta
    from decimal import Decimal

    from celery_salt.integrations.producer import publish_event

    value = {
        "nan": float("nan"),
        "surrogate": "\ud800",
        "timedelta": timedelta(seconds=90),
        "decimal": Decimal("0.12345678901234567890123"),
    }[c["value"]]
    return {"id": publish_event(c["topic"], {"tag": c["tag"], "value": value})}


COMMANDS = {"nearly": nearly}


class Anything:
    tag: str
    value: Any = None


TOPICS.append("anything.both")
EVENTS["anything.both"] = event("anything.both")(Anything)


def handlers():
    @subscribe("anything.both")
    def on_anything(data):
        seen("anything.both", data)

    @subscribe("note.py")
    def on_note(data):
        seen("note.py", data)

    @subscribe("two.py")
    def first(data):
        seen("two.py first", data)
        if data.n == 13:
            raise RuntimeError("thirteen")

    @subscribe("two.py")
    def second(data):
        seen("two.py second", data)

    @subscribe("several.both")
    def on_several(data):
        seen("several.both", data)
