from datetime import date, datetime, timezone
from decimal import Decimal
from uuid import UUID

import local

from celery_salt import SaltEvent
from pydantic import BaseModel


class RateSet(SaltEvent):
    class Schema(BaseModel):
        rate: Decimal
        since: datetime
        seen: datetime
        day: date
        source: UUID

    class Meta:
        topic = "rate.set"


def set_rate():
    return RateSet(
        rate=Decimal("10.50"),
        since=datetime(2026, 11, 23, 10, 0),  # naive
        seen=datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc),
        day=date(2026, 11, 23),
        source=UUID("0D6E4079-E366-4F0B-9B3D-000000000001"),
    ).publish()


if __name__ == "__main__":
    with local.tap("rate.set") as published:
        set_rate()
        body = published().payload[0][0]
        print(body.partition(', "_tchu_meta"')[0])

# Output:
# {"rate": 10.5, "since": "2026-11-23T10:00:00", "seen": "2026-11-23T10:00:00+00:00", "day": "2026-11-23", "source": "0d6e4079-e366-4f0b-9b3d-000000000001"
