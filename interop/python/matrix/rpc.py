"""Requests in both styles: Go calls, Python handles, and the reverse."""

import celery_salt
from celery_salt import RPCError, event, subscribe
from pydantic import BaseModel

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)
TOPICS = ["divide.simple"]
EVENTS = {}


@event("divide.simple", mode="rpc")
class Divide:
    tag: str
    a: int
    b: int


@event.response("divide.simple")
class Divided:
    quotient: int
    remainder: int


@event.error("divide.simple")
class DivideError:
    error_code: str
    error_message: str
    details: dict | None = None


@event("quote.go.simple", mode="rpc")
class GetQuote:
    tag: str
    sku: str
    quantity: int


@event.response("quote.go.simple")
class Quote:
    sku: str
    total: float
    parts: list[str]


EVENTS["quote simple"] = GetQuote

if SaltEvent:

    class QuoteClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            sku: str
            quantity: int

        class Response(BaseModel):
            sku: str
            total: float
            parts: list[str]

        class Meta:
            topic = "quote.go.class"
            mode = "rpc"

    EVENTS["quote class"] = QuoteClass


def handlers():
    @subscribe("divide.simple")
    def divide(data):
        seen("divide.simple", data)
        if data.b == 0:
            raise RPCError(error_code="DIVISION_BY_ZERO", error_message="cannot divide by zero", details={"a": data.a})
        return Divided(quotient=data.a // data.b, remainder=data.a % data.b)
