"""Requests of Go callers in every style and protocol, and responses with much
in them. rpc_calls.py has the ordinary ones."""

from datetime import datetime, timezone
from decimal import Decimal
from uuid import UUID

import celery_salt
from celery_salt import event, subscribe
from pydantic import BaseModel

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)
TOPICS = ["rpcgo.simple", "rpcgo.class", "rpcgo.rich.model", "rpcgo.rich.dict", "rpcgo.rich.plain"]
UID = UUID("a2b4c6d8-1111-4222-8333-abcdefabcdef")
AT = datetime(2026, 11, 23, 10, 20, 30, 123456, tzinfo=timezone.utc)
EVENTS = {}


@event("rpcgo.simple", mode="rpc")
class Weigh:
    tag: str
    count: int
    ratio: float
    at: datetime
    uid: UUID
    maybe: str | None
    lines: list[str]


@event.response("rpcgo.simple")
class Weighed:
    total: float
    note: str


for _topic in ("rpcgo.rich.model", "rpcgo.rich.dict", "rpcgo.rich.plain"):

    @event(_topic, mode="rpc")
    class Ask:
        tag: str

    EVENTS[_topic] = Ask


class Inner(BaseModel):
    name: str
    at: datetime


@event.response("rpcgo.rich.model")
class Rich:
    inner: Inner
    inners: list[Inner]
    table: dict[str, int]
    uid: UUID
    price: Decimal
    text: str
    nothing: str | None
    empty: str
    none: list[str]
    ratio: float
    huge: int
    blob: str


def rich(at, uid, price):
    inner = {"name": "Grüße 🚀", "at": at}
    return {
        "inner": inner,
        "inners": [inner, inner],
        "table": {"x": 1, "": 0},
        "uid": uid,
        "price": price,
        "text": "quoted \" \\ \x01\t\n\u2028 e\u0301 עברית",
        "nothing": None,
        "empty": "",
        "none": [],
        "ratio": 12.0,
        "huge": 2**62 + 1,
        "blob": "salt" * 250_000,
    }


if SaltEvent:

    class WeighClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            count: int
            ratio: float
            at: datetime
            uid: UUID
            maybe: str | None
            lines: list[str]

        class Response(BaseModel):
            total: float
            note: str

        class Meta:
            topic = "rpcgo.class"
            mode = "rpc"


def handlers():
    @subscribe("rpcgo.simple")
    def weigh(data):
        seen("rpcgo.simple", data)
        return Weighed(total=data.count * data.ratio, note=data.lines[0])

    @subscribe("rpcgo.rich.model")
    def rich_model(data):
        seen("rpcgo.rich.model", data)
        return Rich(**rich(AT, UID, Decimal("10.50")))

    @subscribe("rpcgo.rich.dict")
    def rich_dict(data):
        seen("rpcgo.rich.dict", data)
        return rich(AT, UID, Decimal("10.50"))

    @subscribe("rpcgo.rich.plain")
    def rich_plain(data):
        seen("rpcgo.rich.plain", data)
        return rich(AT.isoformat(), str(UID), "10.50")

    if SaltEvent:

        @subscribe(WeighClass)
        def weigh_class(request):
            seen("rpcgo.class", request)
            return WeighClass.Response(total=request.data.count * request.data.ratio, note=request.data.lines[0])
