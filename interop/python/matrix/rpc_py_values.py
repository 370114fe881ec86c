"""Requests whose Go handler returns what it got: one model with a member of each
kind."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from matrix.rpc_py_define import SaltEvent, class_style, simple


class Geo(BaseModel):
    lat: float
    lon: float


class Address(BaseModel):
    street: str
    geo: Geo


class Line(BaseModel):
    sku: str
    n: int


MEMBERS = {
    "tag": str,
    "text": str,
    "words": list[str],
    "whole": int,
    "huge": int,
    "ratio": float,
    "truth": bool,
    "at": datetime,
    "day": date,
    "uid": UUID,
    "price": Decimal,
    "address": Address,
    "lines": list[Line],
    "table": dict[str, int],
    "maybe": str | None,
    "other": int | None,
}
EVENTS = {"pyecho simple": simple("pyecho.simple", MEMBERS, MEMBERS)}
if SaltEvent:
    EVENTS["pyecho class"] = class_style("pyecho.class", MEMBERS, MEMBERS)
