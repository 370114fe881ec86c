"""What the Python processes of the chaos test share: the app, the payloads of
chaosservice/main.go, and the ledger."""

import logging
import os
import threading
import zlib

from celery import Celery
from celery_salt import SaltEvent, event
from kombu import Exchange, Queue, binding
from pydantic import BaseModel

PREFIX = os.environ["INTEROP_PREFIX"]
QUEUE = PREFIX + ".python"
EXCHANGE = Exchange("tchu_events", type="topic", durable=True)
BROKER = os.environ["SALT_TEST_AMQP_URL"]


def make_app(**settings) -> Celery:
    app = Celery("chaos", broker=BROKER, backend="rpc://")
    app.conf.update(
        task_queues=[
            Queue(
                QUEUE,
                exchange=EXCHANGE,
                bindings=[binding(EXCHANGE, routing_key=f"{PREFIX}.{t}") for t in ("to.python", "ask.python")],
            )
        ],
        task_default_queue=QUEUE,
        task_routes={
            "celery_salt.dispatch_event": {
                "exchange": "tchu_events",
                "exchange_type": "topic",
                "routing_key": "celery_salt.dispatch_event",
            }
        },
        broker_connection_retry_on_startup=True,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        **settings,
    )
    app.set_default()
    return app


class Load(BaseModel):
    token: str
    sum: int  # CRC-32 of the blob
    blob: str
    fail: bool = False


class Answer(BaseModel):
    token: str
    sum: int


def crc(text: str) -> int:
    return zlib.crc32(text.encode())


def new_load(token: str, i: int) -> dict:
    """As chaosservice makes them."""
    size = [0, 40, 40, 40, 2 << 10, 2 << 10, 2 << 10, 20 << 10, 40, 2 << 10][i % 10]
    if i % 100 == 50:
        size = 200 << 10
    blob = "Grüße 🚀 " * (size // 14)
    return {"token": token, "sum": crc(blob), "blob": blob, "fail": False}


def note(word: str, token: str, detail: str = "") -> None:
    """One line of the ledger, in one write: it is there as a whole or not."""
    try:
        os.write(3, (word + " " + token + " " + " ".join(detail.split())[:500] + "\n").encode())
    except BrokenPipeError:
        os._exit(4)


def begin() -> None:
    """Called first. A test that is killed closes the pipe; nothing outlives it."""

    def end_with_parent():
        os.read(0, 1)
        os._exit(3)

    logging.disable(logging.WARNING)  # celery-salt logs every payload
    threading.Thread(target=end_with_parent, daemon=True).start()


# The decorator takes a class's own annotations only, inherited ones it drops.
@event(f"{PREFIX}.to.python")
class ToPython:
    token: str
    sum: int
    blob: str
    fail: bool = False


class AskGo(SaltEvent):
    """Python calls Go."""

    class Schema(Load):
        pass

    class Response(Answer):
        pass

    class Error(BaseModel):
        error_code: str
        error_message: str
        details: dict | None = None

    class Meta:
        topic = f"{PREFIX}.ask.go"
        mode = "rpc"


@event(f"{PREFIX}.ask.python", mode="rpc")
class AskPython:
    """Go calls Python."""

    token: str
    sum: int
    blob: str
    fail: bool = False


@event.response(f"{PREFIX}.ask.python")
class AskPythonResponse:
    token: str
    sum: int
