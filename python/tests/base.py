"""What the tests share."""

from __future__ import annotations

import logging
import unittest
from typing import Any

from salt_registry import SaltRegistry
from tests.fake import Fake

logging.getLogger("salt_registry").addHandler(logging.NullHandler())
logging.getLogger("salt_registry").propagate = False

TOKEN = "s3cr3t-t0ken"


def schema(**members: str) -> dict[str, Any]:
    return {
        "title": "Order",
        "type": "object",
        "properties": {name: {"type": type_, "title": name.title()} for name, type_ in members.items()},
        "required": sorted(members),
    }


class FakeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.fake = Fake()
        self.fake.start()
        self.addCleanup(self.fake.stop)

    def registry(self, url: str | None = None, **options: Any) -> SaltRegistry:
        options.setdefault("timeout", 5.0)
        r = SaltRegistry(url or self.fake.url, token=TOKEN, service="shop", **options)
        self.addCleanup(r.close)
        return r


def register(
    r: SaltRegistry, topic: str = "order.placed", version: str = "v1", of: Any = None, **more: Any
) -> dict[str, Any]:
    return r.register_schema(
        topic=topic,
        version=version,
        schema=schema(id="integer") if of is None else of,
        publisher_module="shop.events",
        publisher_class="Order",
        **more,
    )
