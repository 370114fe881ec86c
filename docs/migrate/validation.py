from decimal import Decimal
from typing import Literal

import local

from celery_salt import TchuClient, event, subscribe
from pydantic import BaseModel


class Address(BaseModel):
    street: str


@event("parcel.sent")
class ParcelSent:
    parcel_id: int
    address: Address
    service: Literal["normal", "express"]
    weight: Decimal
    note: str | None = None


@subscribe("parcel.sent")
def on_parcel(parcel: ParcelSent):
    for name, value in parcel.model_dump().items():
        print(f"  {name}: {type(value).__name__} = {value!r}")


def send():
    print("well formed:")
    ParcelSent.publish(parcel_id=7, address=Address(street="Elm"), service="express", weight=Decimal("1.50"))


def send_unchecked():
    print("not what ParcelSent says, and taken all the same:")
    TchuClient().publish(
        "parcel.sent",
        {"parcel_id": "7", "address": {"street": 12}, "service": "rocket", "weight": "1.50", "extra": 1},
        version="v1",
    )


if __name__ == "__main__":
    with local.worker() as wait:
        send()
        wait()
        send_unchecked()
        wait()

# Output:
# well formed:
#   parcel_id: int = 7
#   address: dict = {'street': 'Elm'}
#   service: str = 'express'
#   weight: float = 1.5
#   note: NoneType = None
# not what ParcelSent says, and taken all the same:
#   parcel_id: int = 7
#   address: dict = {'street': 12}
#   service: str = 'rocket'
#   weight: str = '1.50'
#   note: NoneType = None
