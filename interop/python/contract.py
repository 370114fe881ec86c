"""The Python half of the interop contract: the same events and requests as in
contract_test.go, defined with the real celery-salt.

Everything is under a topic prefix of this run, so that runs may share a broker.
"""

import os
from datetime import datetime

from celery import Celery
from celery_salt import SaltEvent, event
from kombu import Exchange, Queue, binding
from pydantic import BaseModel

PREFIX = os.environ["INTEROP_PREFIX"]
QUEUE = PREFIX + ".python"
EXCHANGE = Exchange("tchu_events", type="topic", durable=True)


def make_app() -> Celery:
    """An app with the rpc:// result backend and explicit queue bindings.

    celery-salt's setup_salt_queue makes no topic bindings in its older
    releases (PROTOCOL.md, section 1), so working services write them down.
    """
    topics = ["order.placed", "math.divide", "text.upper"]
    app = Celery("interop", broker=os.environ["SALT_TEST_AMQP_URL"], backend="rpc://")
    app.conf.update(
        task_queues=[
            Queue(
                QUEUE,
                exchange=EXCHANGE,
                bindings=[binding(EXCHANGE, routing_key=f"{PREFIX}.{t}") for t in topics],
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
    )
    app.set_default()
    return app


@event(f"{PREFIX}.order.placed")
class OrderPlaced:
    """Go to Python, simple style."""

    order_id: int
    amount: float
    note: str
    tags: list[str]
    express: bool = False
    coupon: str | None = None


class OrderShipped(SaltEvent):
    """Python to Go, class style."""

    class Schema(BaseModel):
        order_id: int
        carrier: str
        shipped_at: datetime
        weights: list[float] = []
        remark: str | None = None

    class Meta:
        topic = f"{PREFIX}.order.shipped"
        version = "v2"


@event(f"{PREFIX}.math.divide", mode="rpc")
class Divide:
    """Go calls Python."""

    a: int
    b: int


@event.response(f"{PREFIX}.math.divide")
class DivideResponse:
    quotient: int
    remainder: int


@event.error(f"{PREFIX}.math.divide")
class DivideError:
    error_code: str
    error_message: str
    details: dict | None = None


@event(f"{PREFIX}.text.upper", mode="rpc")
class Upper:
    """Go calls Python, whose handler raises."""

    text: str


class Quote(SaltEvent):
    """Python calls Go."""

    class Schema(BaseModel):
        sku: str
        quantity: int

    class Response(BaseModel):
        sku: str
        total: float
        parts: list[str]

    class Error(BaseModel):
        error_code: str
        error_message: str
        details: dict | None = None

    class Meta:
        topic = f"{PREFIX}.quote.get"
        mode = "rpc"
