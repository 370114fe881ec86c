"""Events in the class style, which celery-salt has since 1.1.0."""

import celery_salt
from pydantic import BaseModel

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)
TOPICS, EVENTS = [], {}

if SaltEvent:

    class Schema(BaseModel):
        tag: str
        order_id: int
        amount: float
        note: str
        tags: list[str]
        express: bool = False
        coupon: str | None = None

    def order(topic_):
        class Order(SaltEvent):
            Schema = globals()["Schema"]

            class Meta:
                topic = topic_
                version = "v1"

        return Order

    TOPICS = ["order.simple.class", "order.class.class"]
    EVENTS = {
        "class to go simple": order("order.class.go.simple"),
        "class to go class": order("order.class.go.class"),
    }


def handlers():
    for topic in TOPICS:

        @celery_salt.subscribe(order(topic))
        def on_order(event, topic=topic):
            seen(topic, event)
