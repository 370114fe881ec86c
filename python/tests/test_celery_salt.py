"""Through celery-salt itself; skipped where it is not installed."""

import logging
import pathlib
import unittest
from typing import Any

from tests.base import FakeTest

try:
    from celery_salt import SaltEvent, event, subscribe
    from celery_salt.core import event_utils
    from celery_salt.core.exceptions import SchemaConflictError, SchemaRegistryUnavailableError
    from celery_salt.core.registry import get_schema_registry, set_schema_registry
    from pydantic import BaseModel
except ImportError:
    SaltEvent = None


@unittest.skipIf(SaltEvent is None, "celery-salt is not installed")
class CelerySalt(FakeTest):
    def setUp(self) -> None:
        super().setUp()
        logging.disable(logging.CRITICAL)  # celery-salt logs each refusal
        self.addCleanup(logging.disable, logging.NOTSET)
        before = get_schema_registry()
        self.addCleanup(set_schema_registry, before)

    def use(self, **options: Any) -> Any:
        r = self.registry(**options)
        set_schema_registry(r)
        return r

    def spec(self, topic: str) -> Any:
        return self.fake.records[topic, "v1"]

    def test_decorator_and_class(self) -> None:
        self.use()

        @event("order.placed")
        class Placed:
            id: int
            note: str = ""

        class Get(SaltEvent):
            class Schema(BaseModel):
                id: int

            class Meta:
                topic = "order.get"
                mode = "rpc"
                description = "Gets one."

            class Response(BaseModel):
                total: float

        lines = pathlib.Path(__file__).read_text().splitlines()
        placed, get = self.spec("order.placed"), self.spec("order.get")
        for spec, cls in [(placed, "class Placed:"), (get, "class Get(SaltEvent):")]:
            path, line = spec["source"].rsplit(":", 1)
            self.assertTrue(path.endswith("tests/test_celery_salt.py"), path)
            self.assertEqual(lines[int(line) - 1].strip(), cls)
            self.assertEqual(spec["type"], f"{__name__}.{cls[6:].split('(')[0].rstrip(':')}")
        self.assertEqual((placed["mode"], get["mode"], get["doc"]), ("event", "rpc", "Gets one."))
        self.assertEqual(list(get["response"]["properties"]), ["total"])
        self.assertNotIn("error", get)
        self.assertNotIn("response", placed)

    def test_conflict_fails_the_import(self) -> None:
        self.use()

        def define(type_: type) -> None:
            @event("order.placed")
            class Placed:
                __annotations__ = {"id": type_}

        define(int)
        self.use()
        define(int)
        with self.assertRaisesRegex(SchemaConflictError, "/properties/id/type"):
            define(str)

    def test_away_does_not_fail_the_import(self) -> None:
        self.fake.fault = 503
        r = self.use()

        @event("order.placed")
        class Placed:
            id: int

        class Local(SaltEvent):
            class Schema(BaseModel):
                id: int

            class Meta:
                topic = "order.local"

        subscribe(Local)(lambda e: None)  # its schema is known here
        self.assertEqual(r.health()["pending"], 2)
        with self.assertRaises(SchemaRegistryUnavailableError):
            subscribe("order.unknown")(lambda e: None)
        self.fake.fault = None
        self.assertTrue(r.flush(30))
        self.assertEqual(len(self.fake.records), 2)

    def test_refused_does_not_fail_the_import(self) -> None:
        self.fake.fault = 401
        r = self.use()

        class Placed(SaltEvent):
            class Schema(BaseModel):
                id: int

            class Meta:
                topic = "order.placed"

        subscribe(Placed)(lambda e: None)
        self.assertIn("SALT_REGISTRY_TOKEN", r.health()["last_error"])

    def test_a_subscription_by_topic_alone(self) -> None:
        self.use()

        @event("order.placed")
        class Placed:
            id: int
            total: float

        r = self.use()
        got = []

        @subscribe("order.placed")
        def bill(order: Any) -> None:
            got.append((order.id, order.total))

        bill.run({"id": 7, "total": 1.5, "_tchu_meta": {}})
        self.assertEqual(got, [(7, 1.5)])
        with self.assertRaisesRegex(Exception, "total"):
            bill.run({"id": 7})
        self.assertTrue(r.flush(30))
        seen = self.fake.participants[-1]
        self.assertEqual((seen["role"], seen["version"], seen["handler"]), ("subscriber", "latest", "bill"))
        self.assertRegex(seen["source"], r"test_celery_salt\.py:\d+$")
        self.assertRegex(seen["type"], rf"^{__name__}\..*bill$")

    def test_a_subscription_to_a_pattern(self) -> None:
        self.use()
        for topic in ["order.placed", "order.paid"]:
            event(topic)(type("Order", (), {"__annotations__": {"id": int, "total": float}}))
        self.use(patterns=True)
        got = []

        @subscribe("order.*")
        def audit(order: Any) -> None:
            got.append((order.id, order.total))

        audit.run({"id": 7, "total": 1.5})
        audit.run({"id": 8})
        self.assertEqual(got, [(7, 1.5), (8, None)])

    def test_publishers_and_callers_are_seen(self) -> None:
        r = self.use()

        class Placed(SaltEvent):
            class Schema(BaseModel):
                id: int

            class Meta:
                topic = "order.placed"

        self.assertTrue(r.flush(30))
        self.assertEqual(self.fake.participants, [], "who defines an event need not publish it")
        for mode in ["broadcast", "rpc"]:
            for _ in range(3):  # as publish and call do
                event_utils.ensure_schema_registered(
                    topic="order.placed", version="v1", schema_model=Placed.Schema, publisher_class=Placed, mode=mode
                )
        r.flush(30)
        self.assertEqual(
            sorted((p["role"], p["version"], p["type"]) for p in self.fake.participants),
            [(role, "v1", f"{__name__}.Placed") for role in ["caller", "publisher"]],
        )

    def test_registered_at_the_first_publish(self) -> None:
        r = self.use()
        self.fake.fault = 400

        class Placed(SaltEvent):
            class Schema(BaseModel):
                id: int

            class Meta:
                topic = "order.placed"
                auto_register = False

        self.fake.fault = None
        event_utils.ensure_schema_registered(
            topic="order.placed", version="v1", schema_model=Placed.Schema, publisher_class=Placed
        )
        self.assertEqual(self.spec("order.placed")["type"], f"{__name__}.Placed")
        self.assertEqual(r.health()["registered"], 1)


if __name__ == "__main__":
    unittest.main()
