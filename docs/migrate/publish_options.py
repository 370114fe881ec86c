import json

import local

from celery_salt import SaltEvent, event
from pydantic import BaseModel


@event("stock.counted")
class StockCounted:
    sku: str


class StockMoved(SaltEvent):
    class Schema(BaseModel):
        sku: str

    class Meta:
        topic = "stock.moved"


def move():
    return StockMoved(sku="TEA").publish(
        priority=8,
        expires=60,
        correlation_id="import-42",
        headers={"tenant": "acme"},
    )


def meta(message):
    return json.loads(message.payload[0][0])["_tchu_meta"]


if __name__ == "__main__":
    with local.tap("stock.moved") as published:
        move()
        m = published()
        print(m.properties["priority"], m.headers["tenant"], m.headers["expires"] is not None)
        print(meta(m))

        # There is no way to choose a routing key: the topic overwrites it.
        StockMoved(sku="TEA").publish(routing_key="stock.moved.eu")
        print(published().delivery_info["routing_key"])

        # broker_url takes another path, which knows no options.
        StockMoved(sku="TEA").publish(broker_url="memory://", priority=8, expires=60)
        m = published()
        print(m.properties["priority"], m.headers)

    # Decorator style: every keyword but broker_url (and timeout, for call) is a
    # field, and an unknown field is dropped without a word.
    with local.tap("stock.counted") as published:
        StockCounted.publish(sku="TEA", priority=8)
        print(published().properties["priority"])

# Output:
# 8 acme True
# {'is_rpc': False, 'version': 'v1', 'correlation_id': 'import-42'}
# stock.moved
# 0 {}
# 0
