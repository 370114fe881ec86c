"""tchu-tchu: handlers get dicts and run inline; it knows no schemas."""

from celery import current_app
from tchu_tchu import TchuClient, subscribe
from tchu_tchu.utils.error_handling import TchuRPCException

from matrix.report import seen
from matrix.values import see

TOPICS = ["tchu.order", "tchu.add", "tchu.silent"]


def handlers():
    @subscribe("tchu.order")
    def on_order(data):
        seen("tchu.order", data)

    @subscribe("tchu.add")
    def add(data):
        seen("tchu.add", data)
        if data["what"] == "rpcerror":
            # Only its event classes turn the exception into this answer.
            return TchuRPCException(message="no such thing", code="NOPE", details={"n": data["n"]}).to_response_dict()
        if data["what"] == "raise":
            raise RuntimeError("no upper case today")
        return {"text": data["what"], "n": data["n"]}


def tchu_publish(c):
    """{"topic": …, "fields": …}"""
    TchuClient(current_app._get_current_object()).publish(c["topic"], c["fields"])
    return {}


def tchu_call(c):
    """{"topic": …, "fields": …, "timeout": …}"""
    client = TchuClient(current_app._get_current_object())
    return {"result": see(client.call(c["topic"], c["fields"], timeout=c.get("timeout", 30)))}


COMMANDS = {"tchu publish": tchu_publish, "tchu call": tchu_call}
