"""Requests of Go callers that are refused, or that fail, and handlers that
choose by version."""

from datetime import date
from typing import Annotated, Literal

import celery_salt
from celery_salt import RPCError, event, subscribe
from pydantic import BaseModel, Field

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)
VERSIONS = {"one": "v1", "two": "v2", "latest": "latest"}
TOPICS = [
    *("rpcgo.version." + v for v in [*VERSIONS, "class"]),
    "rpcgo.pair",
    "rpcgo.strict.simple",
    "rpcgo.strict.class",
    "rpcgo.fail.class",
    "rpcgo.fail.bare",
]

for _topic in ("rpcgo.pair", "rpcgo.fail.bare"):

    @event(_topic, mode="rpc")
    class Tagged:
        tag: str


for _name in VERSIONS:
    for _version in ("v1", "v2"):

        @event("rpcgo.version." + _name, mode="rpc", version=_version)
        class Versioned:
            tag: str


class Inner(BaseModel):
    n: int


@event("rpcgo.strict.simple", mode="rpc")
class Strict:
    tag: str
    level: Literal["low", "high"]
    above: Annotated[int, Field(gt=0)]
    upto: Annotated[int, Field(le=10)]
    name: Annotated[str, Field(max_length=5)]
    day: date
    pair: Annotated[list[int], Field(min_length=2)]
    maybe: int | None
    inner: Inner


if SaltEvent:

    class StrictClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            level: Literal["low", "high"]
            above: Annotated[int, Field(gt=0)]
            upto: Annotated[int, Field(le=10)]
            name: Annotated[str, Field(max_length=5)]
            day: date
            pair: Annotated[list[int], Field(min_length=2)]
            maybe: int | None
            inner: Inner

        class Meta:
            topic = "rpcgo.strict.class"
            mode = "rpc"

    class FailClass(SaltEvent):
        class Schema(BaseModel):
            tag: str

        class Error(BaseModel):
            error_code: str
            error_message: str
            details: dict

        class Meta:
            topic = "rpcgo.fail.class"
            mode = "rpc"

    class VersionedClass(SaltEvent):
        class Schema(BaseModel):
            tag: str

        class Meta:
            topic = "rpcgo.version.class"
            mode = "rpc"
            version = "v2"


def telling(topic):
    def tell(argument):
        seen(topic, argument)
        return {"handler": topic}

    return tell


def handlers():
    for name, version in VERSIONS.items():
        subscribe("rpcgo.version." + name, version=version)(telling("rpcgo.version." + name))

    @subscribe("rpcgo.pair")
    def pair_first(data):
        seen("rpcgo.pair first", data)
        raise ValueError("the first handler failed")

    @subscribe("rpcgo.pair")
    def pair_second(data):
        seen("rpcgo.pair second", data)
        return {"handler": "second"}

    @subscribe("rpcgo.fail.bare")
    def fail_bare(data):
        seen("rpcgo.fail.bare", data)
        raise RPCError()

    subscribe("rpcgo.strict.simple")(telling("rpcgo.strict.simple"))
    if SaltEvent:
        subscribe(StrictClass)(telling("rpcgo.strict.class"))
        subscribe(VersionedClass)(telling("rpcgo.version.class"))

        @subscribe(FailClass)
        def fail_class(request):
            seen("rpcgo.fail.class", request)
            raise RPCError(error_code="NO_SALT", error_message="kein Salz", details={"left": 0, "why": ["α"]})
