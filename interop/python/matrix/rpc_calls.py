"""What a call may meet on either side: results of every kind, errors, silence."""

import time
from datetime import datetime, timezone
from decimal import Decimal
from uuid import UUID

import celery_salt
from celery_salt import RPCError, event, subscribe
from pydantic import BaseModel, RootModel

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)

# call.silent is bound and has no handler; call.shared is a Go service's, and
# this worker hears of it all the same.
TOPICS = ["call.any", "call.kinds", "call.list", "call.two", "call.version", "call.class", "call.list.class", "call.silent", "call.shared"]
EVENTS = {}


def request(topic, **options):
    @event(topic, mode="rpc", **options)
    class Request:
        tag: str
        what: str = ""
        n: int = 0

    return Request


for _topic in ["call.any", "call.list", "call.two", "call.kinds"]:
    EVENTS[_topic] = request(_topic)
if SaltEvent:
    for _v in ("v1", "v2"):
        request("call.version", version=_v)


@event.response("call.kinds")
class Kinds:
    at: datetime
    id: UUID
    price: Decimal
    inner: dict
    nothing: str | None


if SaltEvent:

    class CallClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            what: str = ""
            n: int = 0

        class Response(BaseModel):
            text: str
            n: int

        class Error(BaseModel):
            error_code: str
            error_message: str
            details: dict | None = None

        class Meta:
            topic = "call.class"
            mode = "rpc"
            version = "v1"

    class ListClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            what: str = ""
            n: int = 0

        class Response(RootModel[list[int]]):
            pass

        class Meta:
            topic = "call.list.class"
            mode = "rpc"

    class AskClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            what: str = ""
            n: int = 0

        class Response(BaseModel):
            text: str
            n: int

        class Error(BaseModel):
            error_code: str
            error_message: str
            details: dict | None = None

        class Meta:
            topic = "ask.any"
            mode = "rpc"
            version = "v1"

    EVENTS["ask.class"] = AskClass


def answer(data):
    match data.what:
        case "rpcerror":
            raise RPCError(error_code="NOPE", error_message="no such thing", details={"n": data.n})
        case "raise":
            raise RuntimeError("no upper case today")
        case "timeout":
            raise RuntimeError("the database had a Timeout")
        case "null":
            return None
        case "scalar":
            return data.n
        case "text":
            return {"text": "Grüße 🚀 \u2028 \"quoted\"", "n": data.n}
        case "large":
            return {"text": "x" * 900_000, "n": data.n}
        case "wrong":
            return {"text": 7, "n": "seven"}
        case "uuid":
            return {"text": UUID("8b6f1f5e-6f0b-4a55-9a83-5d1f2f0c9f11"), "n": data.n}
        case "slow":
            time.sleep(1.5)
    return {"text": data.what, "n": data.n}


def handlers():
    @subscribe("call.any")
    def on_any(data):
        seen("call.any", data)
        return answer(data)

    @subscribe("call.kinds")
    def on_kinds(data):
        seen("call.kinds", data)
        return Kinds(
            at=datetime(2026, 11, 23, 10, 20, 30, 123456, tzinfo=timezone.utc),
            id=UUID("8b6f1f5e-6f0b-4a55-9a83-5d1f2f0c9f11"),
            price=Decimal("12.50"),
            inner={"list": [1, 2.5, None], "ü": {}},
            nothing=None,
        )

    @subscribe("call.list")
    def on_list(data):
        seen("call.list", data)
        return [3, 1, 2]

    @subscribe("call.two")
    def on_two_first(data):
        seen("call.two first", data)
        return {"text": "first", "n": 1}

    @subscribe("call.two")
    def on_two_second(data):
        seen("call.two second", data)
        return {"text": "second", "n": 2}

    if SaltEvent:

        @subscribe("call.version", version="v2")
        def on_version(data):
            seen("call.version", data)
            return {"text": "v2", "n": data.n}

        @subscribe(ListClass)
        def on_list_class(e):
            seen("call.list.class", e)
            return ListClass.Response([3, 1, 2])

        @subscribe(CallClass)
        def on_class(e):
            seen("call.class", e)
            if e.data.what == "error":
                raise RPCError(error_code="NOPE", error_message="no such thing", details={"n": e.data.n})
            return CallClass.Response(text=e.data.what, n=e.data.n)
