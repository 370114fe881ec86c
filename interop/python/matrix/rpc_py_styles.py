"""Python's ways to ask a Go service: in either style, and without a class."""

from celery import current_app
from celery.result import AsyncResult
from celery_salt import subscribe
from celery_salt.integrations import producer
from celery_salt.integrations.client import TchuClient

from matrix import settings
from matrix.report import seen
from matrix.rpc_py_define import SaltEvent, class_style, simple
from matrix.values import make, see

REQUEST = {"tag": str, "sku": str, "quantity": int}
RESPONSE = {"sku": str, "total": float, "parts": list[str]}

TOPICS = ["pycall.kombu.python"]
EVENTS = {
    "pycall simple": simple("pycall.simple", REQUEST, RESPONSE),
    "pycall simple to class": simple("pycall.class", REQUEST, RESPONSE),
}
if SaltEvent:
    EVENTS["pycall class"] = class_style("pycall.class", REQUEST, RESPONSE)
    EVENTS["pycall class to simple"] = class_style("pycall.simple", REQUEST, RESPONSE)
simple("pycall.kombu.python", {"tag": str})


def handlers():
    @subscribe("pycall.kombu.python")
    def answer_kombu(data):
        seen("pycall.kombu.python", data)
        return {"answer": 42}


def tchu_client(c):
    """{"topic": …, "payload": …}"""
    return {"result": see(TchuClient().call(c["topic"], make(c["payload"]), timeout=30))}


def kombu_request(c):
    """{"topic": …, "payload": …}: a request by the path of serverless publishers,
    which only a look at the stored result can answer."""
    return {"id": producer.publish_event(c["topic"], make(c["payload"]), is_rpc=True, broker_url=settings.BROKER)}


def stored_result(c):
    """{"id": …, "timeout": …}: what the result backend has for the id."""
    got = AsyncResult(c["id"], app=current_app._get_current_object()).get(timeout=c["timeout"])
    return {"result": see(got)}


COMMANDS = {"pycall client": tchu_client, "pycall kombu": kombu_request, "pycall stored": stored_result}
