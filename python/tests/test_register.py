import json
import logging
import pathlib
import pickle
import socket
import threading
import time
import unittest
from unittest import mock

from salt_registry import (
    SaltRegistry,
    SaltRegistryError,
    SaltRegistryRefused,
    SaltRegistryUnavailable,
    SaltSchemaConflict,
)
from salt_registry.conflict import describe
from tests import fake as faults
from tests.base import TOKEN, FakeTest, register, schema


class Register(FakeTest):
    def test_create_then_unchanged_by_meaning(self) -> None:
        self.assertEqual(register(self.registry()), {"created": True})
        other = schema(id="integer")
        other["title"] = "Bestellung"
        answer = register(self.registry(), of=other)
        self.assertFalse(answer["created"])
        self.assertEqual(answer["existing_schema"], other, "celery-salt compares letter by letter")

    def test_known_is_not_asked_again(self) -> None:
        r = self.registry()
        register(r)
        for _ in range(10):
            self.assertFalse(register(r)["created"])
        self.assertEqual(len(self.fake.asked("/v1/register")), 1)

    def test_what_is_sent(self) -> None:
        r = self.registry()

        class Order:
            pass

        r.register_schema(
            "order.get",
            "v2",
            schema(id="integer"),
            __name__,
            Order.__name__,
            mode="rpc",
            description="Gets one.",
            response_schema=schema(total="number"),
            error_schema={"title": "Error", "type": "object", "properties": {}, "description": "x"},
        )
        method, path, headers, body = self.fake.requests[0]
        spec = body["specs"][0]
        self.assertEqual((method, path), ("POST", "/v1/register"))
        self.assertEqual(headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(headers["X-Salt-Actor"], f"shop@{socket.gethostname()}")
        self.assertRegex(spec.pop("source"), r"test_register\.py:\d+$")
        self.assertEqual(
            spec,
            {
                "topic": "order.get",
                "version": "v2",
                "mode": "rpc",
                "doc": "Gets one.",
                "schema": schema(id="integer"),
                "response": schema(total="number"),
                "package": __name__,
                "type": f"{__name__}.Order",
            },
        )

    def test_broadcast_has_no_answer(self) -> None:
        register(self.registry(), response_schema=schema(a="string"), error_schema=schema(b="string"))
        spec = self.fake.asked("/v1/register")[0]["specs"][0]
        self.assertEqual(spec["mode"], "event")
        self.assertNotIn("response", spec)
        self.assertNotIn("error", spec)

    def test_conflict_names_every_field(self) -> None:
        register(self.registry(), of=schema(id="integer", total="number", same="string"))
        r = self.registry()
        with self.assertRaises(SaltSchemaConflict) as caught:
            register(r, of=schema(id="string", total="boolean", same="string"))
        e = caught.exception
        self.assertEqual((e.topic, e.version), ("order.placed", "v1"))
        for part in [
            "order.placed",
            "v1",
            "/properties/id/type",
            '"integer"',
            '"string"',
            "/properties/total/type",
            '"number"',
            '"boolean"',
            "shop.go:7",
        ]:
            self.assertIn(part, str(e))
        self.assertNotIn("/properties/same", str(e))
        self.assertEqual(len(r.conflicts), 1)
        with self.assertRaises(SaltSchemaConflict):
            register(r, of=schema(id="string", total="boolean", same="string"))
        self.assertEqual(len(self.fake.asked("/v1/register")), 2, "a refusal is remembered")
        again = pickle.loads(pickle.dumps(e))
        self.assertEqual((type(again), str(again), again.conflict), (SaltSchemaConflict, str(e), e.conflict))

    def test_a_lifted_refusal_is_noticed(self) -> None:
        r = self.registry()
        self.fake.fault = (409, {"error": "no", "conflict": {}})
        with self.assertRaises(SaltSchemaConflict):
            register(r)
        self.fake.fault = None
        with mock.patch("time.monotonic", return_value=time.monotonic() + 61):
            self.assertEqual(register(r), {"created": True})
        self.assertEqual(r.conflicts, [])

    def test_evolution(self) -> None:
        self.fake.fault = (
            409,
            {
                "error": "no",
                "conflict": {
                    "topic": "order.placed",
                    "version": "v2",
                    "part": "payload",
                    "level": "FORWARD",
                    "against": "v1",
                    "writer": "v2",
                    "reader": "v1",
                    "breaks": [
                        {
                            "path": "/total",
                            "rule": "required",
                            "writer": "may leave it out",
                            "reader": "needs it",
                            "fix": "require total",
                        }
                    ],
                    "hit": [{"role": "subscriber", "handler": "bill", "service": "billing", "host": "h1"}],
                },
            },
        )
        with self.assertRaises(SaltSchemaConflict) as caught:
            register(self.registry(), version="v2")
        for part in [
            "FORWARD",
            "v1",
            "/total",
            "required",
            "may leave it out",
            "needs it",
            "require total",
            "bill of billing on h1",
        ]:
            self.assertIn(part, str(caught.exception))

    def test_the_readme_shows_the_real_text(self) -> None:
        c = {
            "part": "payload",
            "have": "shop.OrderPlaced at shop/events.go:12",
            "want": "billing.events.OrderPlaced at billing/events.py:7",
            "differences": [{"path": "/properties/total/type", "have": '"number"', "want": '"string"'}],
        }
        readme = (pathlib.Path(__file__).parent.parent / "README.md").read_text()
        self.assertIn(f"```\n{describe('order.placed', 'v1', c)}\n```", readme)

    def test_conflict_without_details(self) -> None:
        self.fake.fault = (409, {"error": "there was something"})
        with self.assertRaisesRegex(SaltSchemaConflict, "there was something"):
            register(self.registry())

    def test_describe_takes_anything(self) -> None:
        for odd in [None, 1, "x", [], {}, [1, None, "x", {}], {"a": 1}]:
            for key in ["part", "have", "want", "differences", "level", "breaks", "hit", "against"]:
                for level in ["", "FULL"]:
                    self.assertIn("order.placed", describe("order.placed", "v1", {"level": level, key: odd}))

    def test_refusals_are_not_retried_and_tell_the_remedy(self) -> None:
        for status, part in [
            (400, "fault 400"),
            (401, "SALT_REGISTRY_TOKEN"),
            (403, "write access"),
            (413, "max-body"),
            (422, "fault 422"),
        ]:
            with self.subTest(status):
                r = self.registry()
                self.fake.fault = status
                asked = len(self.fake.requests)
                for _ in range(3):
                    with self.assertRaisesRegex(SaltRegistryRefused, part) as caught:
                        register(r)
                    self.assertEqual(caught.exception.status, status)
                self.assertEqual(len(self.fake.requests), asked + 1)
                health = r.health()
                self.assertEqual((health["pending"], health["refused"], health["available"]), (0, 1, True))
                self.assertIn(part, str(health["last_error"]))

    def test_away_stays_pending(self) -> None:
        for fault in [
            404,
            429,
            502,
            503,
            504,
            faults.GARBAGE,
            faults.HTML,
            faults.CLOSE,
            faults.REDIRECT,
            faults.DEEP,
            (200, {"odd": 1}),
            (200, [1]),
        ]:
            with self.subTest(str(fault)):
                self.fake.records.clear()
                r = self.registry()
                self.fake.fault = fault
                with self.assertRaises(SaltRegistryUnavailable):
                    register(r)
                self.assertEqual((r.health()["pending"], r.health()["available"]), (1, False))
                self.fake.fault = None
                self.assertTrue(r.flush(30))
                self.assertIn(("order.placed", "v1"), self.fake.records)
                self.assertEqual((r.health()["registered"], r.health()["available"]), (1, True))

    def test_too_large_an_answer(self) -> None:
        self.fake.fault = faults.HUGE
        with self.assertRaisesRegex(SaltRegistryError, "bytes"):
            register(self.registry())

    def test_no_json(self) -> None:
        for bad in [{"default": float("nan")}, {"default": {1, 2}}, {"default": b"x"}]:
            with self.assertRaisesRegex(SaltRegistryError, "JSON"):
                register(self.registry(), of=bad)
        self.assertEqual(self.fake.requests, [])

    def test_the_token_is_nowhere(self) -> None:
        url = self.fake.url.replace("//", f"//user:{TOKEN}@")
        for fault in [401, 403, 500, faults.GARBAGE, faults.CLOSE]:
            r = SaltRegistry(url, timeout=5)
            self.addCleanup(r.close)
            self.fake.fault = fault
            with self.assertLogs("salt_registry", "DEBUG") as logs:
                with self.assertRaises(Exception) as caught:
                    register(r)
                r._wake()
                logging.getLogger("salt_registry").info("one line, so that assertLogs is content")
            for text in [
                str(caught.exception),
                repr(caught.exception),
                repr(r),
                repr(r._client),
                json.dumps(r.health()),
                *logs.output,
            ]:
                self.assertNotIn(TOKEN, text)
        self.assertEqual(self.fake.requests[0][2]["Authorization"], f"Bearer {TOKEN}")
        with self.assertRaises(ValueError) as wrong:
            SaltRegistry(self.fake.url, token=f"{TOKEN}\r\nX: y")
        self.assertNotIn(TOKEN, str(wrong.exception))

    def test_wrong_urls(self) -> None:
        for url in ["", "localhost:8081", "ftp://x", "http://", "http://h?x=1", "postgres://h/db"]:
            with self.assertRaises(ValueError):
                SaltRegistry(url)

    def test_a_path_before_the_api(self) -> None:
        with self.assertRaises(SaltRegistryUnavailable):
            register(self.registry(self.fake.url + "/salt/"))
        self.assertEqual(self.fake.requests[0][1], "/salt/v1/register")


class Connections(FakeTest):
    def test_one_connection_for_all(self) -> None:
        r = self.registry()
        for n in range(50):
            register(r, f"order.n{n}")
        self.assertEqual(self.fake.connections, 1)

    def test_a_server_that_closes_idle_connections(self) -> None:
        self.fake.keep_alive = False
        r = self.registry()
        for n in range(20):
            self.assertEqual(register(r, f"order.n{n}"), {"created": True})

    def test_threads(self) -> None:
        r = self.registry(timeout=30)
        created: list[bool] = []
        barrier = threading.Barrier(16)

        def work() -> None:
            barrier.wait()
            for n in range(20):
                created.append(register(r, f"order.n{n}")["created"])

        threads = [threading.Thread(target=work) for _ in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual((len(created), sum(created)), (320, 20))
        self.assertEqual(r.health()["registered"], 20)


if __name__ == "__main__":
    unittest.main()
