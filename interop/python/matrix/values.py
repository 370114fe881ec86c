"""Python values as JSON that hides nothing, and back.

What JSON has is written as such: an int without and a float with a fraction or
exponent. Anything else is {"t": type name, "v": text or content}; a long text is
{"t": "str", "len": characters, "sha256": of its UTF-8}.
"""

import hashlib
import math
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

LONG = 500  # characters; a report must fit into PIPE_BUF


def see(value):
    kind = type(value)
    if value is None or kind in (bool, int):
        return value
    if kind is float and math.isfinite(value):
        return value
    if kind is str and len(value) <= LONG:
        return value
    if kind is str:
        return {"t": "str", "len": len(value), "sha256": hashlib.sha256(value.encode()).hexdigest()}
    if kind is list:
        return [see(v) for v in value]
    if kind is dict:
        return {k: see(v) for k, v in value.items()}
    if isinstance(value, BaseModel):
        return {"t": kind.__name__, "v": fields(value)}
    if kind in (tuple, set, frozenset):
        return {"t": kind.__name__, "v": [see(v) for v in value]}
    if kind in (datetime, date, time):
        return {"t": kind.__name__, "v": value.isoformat()}
    return {"t": kind.__name__, "v": str(value)}


def fields(model):
    """The members of a Pydantic model, which see() would make a "t"."""
    names = getattr(type(model), "model_fields", None) or {}
    seen = {name: see(getattr(model, name)) for name in names}
    for name, value in (getattr(model, "model_extra", None) or {}).items():
        seen[name] = see(value)
    return seen


_MAKERS = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": UUID,
    "Decimal": Decimal,
    "float": float,
    "tuple": tuple,
    "set": set,
    "bytes": lambda text: text.encode("latin-1"),
    "repeat": lambda v: v[0] * v[1],
}


def make(value):
    """The inverse of see(), for commands. {"t": "repeat", "v": ["x", 1000]} is a
    long text."""
    if isinstance(value, dict):
        if value.keys() == {"t", "v"}:
            return _MAKERS[value["t"]](make(value["v"]))
        return {k: make(v) for k, v in value.items()}
    if isinstance(value, list):
        return [make(v) for v in value]
    return value
