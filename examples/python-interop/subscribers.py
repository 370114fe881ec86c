"""The handlers of the Python service. What they print, main.go shows."""

from celery_salt import RPCError, subscribe
from contract import GetPrice, OrderPlaced


@subscribe("examples.python.order.placed")
def on_order(order: OrderPlaced):
    fields = (f"{name}={value!r}" for name, value in order.model_dump().items())
    print("got OrderPlaced:", ", ".join(fields), flush=True)


@subscribe(GetPrice)
def get_price(q: GetPrice):
    print("is asked for the price of", q.item, flush=True)
    if q.item != "TEA":
        raise RPCError(error_code="NOT_FOUND", error_message=f"no price for {q.item}", details={"item": q.item})
    return q.respond(cents=450, currency="EUR")
