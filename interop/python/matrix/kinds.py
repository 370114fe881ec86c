"""One event for each kind of payload, in both styles. The Go service and the
Python worker both subscribe to each topic."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import celery_salt
from celery_salt import event, subscribe
from pydantic import BaseModel, create_model

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)


class Geo(BaseModel):
    lat: float
    lon: float


class Address(BaseModel):
    street: str
    geo: Geo


class Line(BaseModel):
    sku: str
    n: int


# name -> members beside the tag; a pair is (annotation, default)
KINDS = {
    "text": {"text": str, "words": list[str]},
    "number": {"whole": int, "huge": int, "ratio": float, "tiny": float, "truth": bool},
    "time": {"at": datetime, "day": date},
    "uuid": {"uid": UUID, "uids": list[UUID]},
    "decimal": {"price": Decimal},
    "nested": {"address": Address, "lines": list[Line], "table": dict[str, int], "grid": list[list[int]]},
    "null": {"maybe": str | None, "other": (int | None, None), "left": (str, "out")},
    "empty": {"text": str, "items": list[str], "table": dict[str, str]},
    "choice": {"level": Literal["low", "high"]},
    "large": {"blob": str},
}
TOPICS = [f"kind.{name}.simple" for name in KINDS]
EVENTS = {}
CLASSES = {}


def simple(name, topic):
    """A class for @event, as one would write it."""
    members = {"__annotations__": {"tag": str}}
    for member, annotation in KINDS[name].items():
        if isinstance(annotation, tuple):
            annotation, members[member] = annotation
        members["__annotations__"][member] = annotation
    return event(topic)(type(name.title(), (), members))


def class_style(name, topic_):
    class Meta:
        topic = topic_
        version = "v1"

    fields = {m: a if isinstance(a, tuple) else (a, ...) for m, a in KINDS[name].items()}
    schema = create_model(name.title() + "Schema", tag=(str, ...), **fields)
    return type(name.title() + "Event", (SaltEvent,), {"Schema": schema, "Meta": Meta})


for kind in KINDS:
    EVENTS[f"kind {kind} simple"] = simple(kind, f"kind.{kind}.simple")
    if SaltEvent:
        topic = f"kind.{kind}.class"
        EVENTS[f"kind {kind} class"] = CLASSES[topic] = class_style(kind, topic)
        TOPICS.append(topic)


# An event that carries nothing but that it happened.
@event("kind.nothing.simple")
class Nothing:
    pass


TOPICS.append("kind.nothing.simple")
EVENTS["kind nothing simple"] = Nothing

if SaltEvent:

    class NothingEvent(SaltEvent):
        class Schema(BaseModel):
            pass

        class Meta:
            topic = "kind.nothing.class"
            version = "v1"

    TOPICS.append("kind.nothing.class")
    EVENTS["kind nothing class"] = CLASSES["kind.nothing.class"] = NothingEvent


def handlers():
    for topic in TOPICS:

        @subscribe(CLASSES.get(topic, topic))
        def on_event(argument, topic=topic):
            seen(topic, argument)
