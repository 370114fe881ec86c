import local

from celery_salt import SaltEvent, subscribe
from pydantic import BaseModel, Field


class OrderPlaced(SaltEvent):
    class Schema(BaseModel):
        order_id: int = Field(ge=1)
        cents: int = Field(ge=0)
        note: str | None = None

    class Meta:
        topic = "order.placed"
        version = "v2"
        description = "A customer has placed an order."

    def is_large(self) -> bool:
        return self.data.cents >= 100_00


@subscribe(OrderPlaced)  # topic and version come from Meta
def on_order(order: OrderPlaced):
    print(order.order_id, "large:", order.is_large(), order.payload)


def place():
    order = OrderPlaced(order_id=7, cents=120_00)  # checked here
    return order.publish()


if __name__ == "__main__":
    with local.worker() as wait:
        place()
        wait()

# Output:
# 7 large: True {'order_id': 7, 'cents': 12000, 'note': None}
