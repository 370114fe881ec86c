"""Answers of a Go service that are not just an object: lists, null, errors."""

from typing import Annotated

from celery_salt import RPCError, subscribe
from pydantic import BaseModel, Field, RootModel

from matrix.report import seen
from matrix.rpc_py_define import SaltEvent, class_style, simple

REQUEST = {"tag": str, "how": str, "amount": (int, 1)}
# Python's model is narrower than Go's, which ends at 100.
RESPONSE = {"tag": str, "total": Annotated[int, Field(le=50)]}
ERROR = {"error_code": str, "error_message": str, "details": (dict | None, None), "retry_after": int}


class Item(BaseModel):
    name: str
    n: int


class Items(RootModel[list[Item]]):
    pass


EVENTS = {
    "pyanswer list simple": simple("pyanswer.list.simple", REQUEST),
    "pyanswer null simple": simple("pyanswer.null.simple", REQUEST, RESPONSE),
    "pyanswer model simple": simple("pyanswer.model.simple", REQUEST, RESPONSE, ERROR),
    "pyanswer plain simple": simple("pyanswer.plain.simple", REQUEST, RESPONSE),
}
if SaltEvent:
    EVENTS |= {
        "pyanswer list class": class_style("pyanswer.list.class", REQUEST, Items),
        "pyanswer null class": class_style("pyanswer.null.class", REQUEST, RESPONSE),
        "pyanswer model class": class_style("pyanswer.model.class", REQUEST, RESPONSE, ERROR),
        "pyanswer plain class": class_style("pyanswer.plain.class", REQUEST, RESPONSE),
        # Without models of its own a class has empty ones.
        "pyanswer plain class without models": class_style("pyanswer.plain.class", REQUEST),
        "pyanswer python class without models": class_style("pyanswer.python.class", REQUEST),
    }
    TOPICS = ["pyanswer.python.class"]


def handlers():
    if SaltEvent:

        @subscribe("pyanswer.python.class")
        def answer_without_models(data):
            seen("pyanswer.python.class", data)
            if data.how == "error":
                raise RPCError(error_code="NOPE", error_message="nein", details={"n": 1})
            return {"tag": data.tag, "total": data.amount}
