"""Events in the decorator style."""

from celery_salt import event, subscribe

from matrix.report import seen


def order(topic):
    """The same event under several topics."""

    @event(topic)
    class Order:
        tag: str
        order_id: int
        amount: float
        note: str
        tags: list[str]
        express: bool = False
        coupon: str | None = None

    return Order


TOPICS = ["order.simple.simple", "order.class.simple"]
EVENTS = {
    "to go simple": order("order.simple.go.simple"),
    "to go class": order("order.simple.go.class"),
}


def handlers():
    for topic in TOPICS:
        order(topic)

        @subscribe(topic)
        def on_order(data, topic=topic):
            seen(topic, data)
