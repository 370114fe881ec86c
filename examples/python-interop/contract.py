"""The contract: the same two events and two requests stand in contract.go."""

import os
from datetime import datetime

from celery import Celery
from celery_salt import SaltEvent, event
from celery_salt.django import setup_salt_queue
from pydantic import BaseModel, Field

app = Celery("examples-python", broker=os.environ["SALT_URL"], backend="rpc://")
app.conf.update(
    broker_connection_retry_on_startup=True,
    worker_redirect_stdouts=False,
    worker_hijack_root_logger=False,
)
setup_salt_queue(app, queue_name="examples-python", subscriber_modules=["subscribers"])
app.set_default()


@event("examples.python.order.placed")
class OrderPlaced:
    """What Go tells Python."""

    order_id: int = Field(ge=1)
    item: str
    cents: int
    gift: bool = False


class OrderShipped(SaltEvent):
    """What Python tells Go."""

    class Schema(BaseModel):
        order_id: int
        carrier: str
        shipped_at: datetime

    class Meta:
        topic = "examples.python.order.shipped"
        version = "v2"


class GetPrice(SaltEvent):
    """What Go asks Python."""

    class Schema(BaseModel):
        item: str

    class Response(BaseModel):
        cents: int
        currency: str

    class Meta:
        topic = "examples.python.price.get"
        mode = "rpc"


class GetStock(SaltEvent):
    """What Python asks Go."""

    class Schema(BaseModel):
        item: str
        count: int = Field(ge=1)

    class Response(BaseModel):
        shelf: str
        boxes: list[str]

    class Error(BaseModel):
        error_code: str
        error_message: str
        left: int

    class Meta:
        topic = "examples.python.stock.get"
        mode = "rpc"
