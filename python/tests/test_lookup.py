import socket
import time
import unittest
from unittest import mock

from salt_registry import SaltRegistryRefused, SaltRegistryUnavailable
from salt_registry.patterns import is_pattern, matcher
from salt_registry.versions import order
from tests.base import FakeTest, register, schema

PATH = "/v1/topics/order.placed/versions/"


class Lookup(FakeTest):
    def setUp(self) -> None:
        super().setUp()
        writer = self.registry()
        for n, name in [(1, "one"), (2, "two"), (10, "ten")]:
            register(writer, version=f"v{n}", of=schema(**{name: "string"}))

    def test_versions_and_latest(self) -> None:
        r = self.registry()
        self.assertEqual(r.get_schema("order.placed", "v2"), schema(two="string"))
        self.assertEqual(r.get_schema("order.placed"), schema(ten="string"))
        self.assertEqual(r.get_schema("order.placed", "v10"), schema(ten="string"))

    def test_a_version_is_asked_for_once(self) -> None:
        r = self.registry()
        for _ in range(5):
            r.get_schema("order.placed", "v1")["properties"].clear()
        self.assertEqual(r.get_schema("order.placed", "v1"), schema(one="string"), "what a caller gets is its own")
        self.assertEqual(len(self.fake.asked(PATH + "v1")), 1)

    def test_latest_is_asked_for_again_after_a_while(self) -> None:
        r = self.registry(latest_ttl=30)
        r.get_schema("order.placed")
        r.get_schema("order.placed")
        self.assertEqual(len(self.fake.asked(PATH + "latest")), 1)
        register(self.registry(), version="v11", of=schema(eleven="string"))
        with mock.patch("time.monotonic", return_value=time.monotonic() + 31):
            self.assertEqual(r.get_schema("order.placed"), schema(eleven="string"))

    def test_no_cache(self) -> None:
        r = self.registry(cache=False)
        for _ in range(3):
            r.get_schema("order.placed", "v1")
        self.assertEqual(len(self.fake.asked(PATH + "v1")), 3)

    def test_last_known_when_away(self) -> None:
        r = self.registry(cache=False)
        r.get_schema("order.placed")
        r.get_schema("order.placed", "v1")
        self.fake.fault = 503
        self.assertEqual(r.get_schema("order.placed"), schema(ten="string"))
        self.assertEqual(r.get_schema("order.placed", "v1"), schema(one="string"))
        with self.assertRaisesRegex(SaltRegistryUnavailable, "order.placed v2.*503"):
            r.get_schema("order.placed", "v2")

    def test_what_is_pending_here(self) -> None:
        self.fake.fault = 503
        r = self.registry()
        for version in ["v9", "v12"]:
            with self.assertRaises(SaltRegistryUnavailable):
                register(r, version=version, of=schema(**{version: "string"}))
        self.assertEqual(r.get_schema("order.placed", "v9"), schema(v9="string"))
        self.assertEqual(r.get_schema("order.placed"), schema(v12="string"))

    def test_the_higher_of_here_and_there(self) -> None:
        r = self.registry()
        register(r, version="v2", of=schema(two="string"))
        self.assertEqual(r.get_schema("order.placed"), schema(ten="string"))
        self.assertEqual(r.get_schema("order.placed", "v2"), schema(two="string"))
        self.assertEqual(self.fake.asked(PATH + "v2"), [], "what was registered here is known")

    def test_unknown(self) -> None:
        with self.assertRaisesRegex(SaltRegistryUnavailable, "No schema found for topic: order.lost, version: latest"):
            self.registry().get_schema("order.lost")
        with self.assertRaisesRegex(SaltRegistryUnavailable, "version: v3"):
            self.registry().get_schema("order.placed", "v3")

    def test_refused(self) -> None:
        self.fake.fault = 401
        with self.assertRaisesRegex(SaltRegistryRefused, "SALT_REGISTRY_TOKEN"):
            self.registry().get_schema("order.placed")

    def test_odd_answers(self) -> None:
        for body in [[], {}, {"version": "v1"}, {"schema": 1, "version": "v1"}, {"schema": {}, "version": 1}, "x", 3]:
            self.fake.fault = (200, body)
            with self.assertRaisesRegex(Exception, "registry"):
                self.registry().get_schema("order.placed", "v1")

    def test_hostile_topics_stay_in_their_segment(self) -> None:
        for topic in ["../../v1/health", "a/b", "a?b=c", "a b", "ä", "a%2fb", "\n"]:
            with self.assertRaises(SaltRegistryUnavailable):
                self.registry().get_schema(topic, "v1")
            self.assertRegex(self.fake.requests[-1][1], r"^/v1/topics/[^/?# ]+/versions/v1$")


class Patterns(FakeTest):
    def test_refused_unless_asked_for(self) -> None:
        with self.assertRaisesRegex(SaltRegistryUnavailable, "patterns=True"):
            self.registry().get_schema("order.*")

    def test_members_of_all_that_match(self) -> None:
        w = self.registry()
        register(w, "order.placed", of=schema(id="integer", total="number", note="string"))
        register(
            w,
            "order.paid",
            of={
                "properties": {
                    "id": {"type": "integer", "title": "Id"},
                    "note": {"type": "integer"},
                    "_x": {},
                    "a-b": {},
                    "class": {},
                    "sub": {"$ref": "#/$defs/Sub"},
                    "odd": True,
                    "plan": {"type": "string", "default": "free"},
                }
            },
        )
        register(w, "orders.all", of=schema(other="string"))
        r = self.registry(patterns=True)
        merged = r.get_schema("order.*")
        self.assertEqual(
            merged["properties"],
            {
                "id": {"type": "integer", "title": "Id"},
                "total": {"type": "number", "title": "Total"},
                "note": {},
                "sub": {},
                "odd": {},
                "plan": {"type": "string"},
            },
        )
        self.assertNotIn("required", merged)
        self.fake.fault = 503
        self.assertEqual(r.get_schema("order.*"), merged)
        with self.assertRaises(SaltRegistryUnavailable):
            r.get_schema("other.*")

    def test_matching(self) -> None:
        for pattern, topic, want in [
            ("user.*", "user.a", True),
            ("user.*", "user", False),
            ("user.*", "user.a.b", False),
            ("user.#", "user", True),
            ("user.#", "user.a.b", True),
            ("user.#", "users", False),
            ("#", "a.b", True),
            ("#.x", "x", True),
            ("#.x", "a.b.x", True),
            ("#.x", "ax", False),
            ("*.x", "x", False),
            ("a.#.b", "a.b", True),
            ("a.#.b", "a.c.d.b", True),
            ("a.#.b", "ab", False),
            ("*", "a", True),
            ("*", "a.b", False),
            ("a.*.#", "a", False),
            ("a.*.#", "a.b", True),
            ("#.#", "a", True),
        ]:
            self.assertEqual(bool(matcher(pattern).match(topic)), want, (pattern, topic))
        self.assertFalse(is_pattern("a.b*"))


class Seen(FakeTest):
    def test_in_one_request(self) -> None:
        r = self.registry()
        for n in range(30):
            r.track_subscriber(f"order.n{n}", "bill")
            r.track_subscriber(f"order.n{n}", "bill")
        self.assertTrue(r.flush(30))
        self.assertEqual(len(self.fake.participants), 30)
        self.assertLessEqual(len(self.fake.asked("/v1/seen")), 2)
        self.assertEqual(
            self.fake.participants[0],
            {
                "topic": "order.n0",
                "version": "",
                "role": "subscriber",
                "service": "shop",
                "host": socket.gethostname(),
                "handler": "bill",
                "type": "",
                "source": "",
                "language": "python",
            },
        )

    def test_servers(self) -> None:
        r = self.registry()
        register(r, "order.get", mode="rpc")
        r.track_subscriber("order.get", "get")
        self.assertTrue(r.flush(30))
        self.assertEqual([p["role"] for p in self.fake.participants], ["server"])

    def test_again_after_the_interval(self) -> None:
        r = self.registry(seen_interval=0.1)
        r.track_subscriber("order.placed", "bill")
        deadline = time.monotonic() + 30
        while len(self.fake.participants) < 3 and time.monotonic() < deadline:
            with r._lock:
                r._changed.wait(0.1)
        self.assertGreaterEqual(len(self.fake.participants), 3)

    def test_never_an_error(self) -> None:
        for fault in [401, 403, 404, 500]:
            r = self.registry()
            self.fake.fault = fault
            r.track_subscriber("order.placed", "bill")
            r.flush(0.5)
            self.fake.fault = None
            self.assertTrue(r.flush(30))

    def test_a_token_for_some_topics(self) -> None:
        self.fake.fault = lambda body: (
            403 if any(p["topic"].startswith("secret.") for p in body["participants"]) else None
        )
        r = self.registry()
        with self.assertLogs("salt_registry", "WARNING") as logs:
            for topic in ["order.placed", "secret.one", "order.paid", "secret.two"]:
                r.track_subscriber(topic, "bill")
            self.assertTrue(r.flush(30))
        self.assertEqual(sorted(p["topic"] for p in self.fake.participants), ["order.paid", "order.placed"])
        self.assertEqual(len(logs.output), 1)

    def test_away(self) -> None:
        self.fake.stop()
        r = self.registry()
        r.track_subscriber("order.placed", "bill")
        self.assertFalse(r.flush(0.5))
        self.fake.start()
        self.assertTrue(r.flush(30))
        self.assertEqual(len(self.fake.participants), 1)


class Order(unittest.TestCase):
    def test_order(self) -> None:
        self.assertEqual(
            sorted(["v10", "v2", "v1.10", "v1.2", "1", "x"], key=order), ["x", "1", "v1.2", "v1.10", "v2", "v10"]
        )
        self.assertEqual(order("v2"), order("v2.0.0"))
        self.assertEqual(order(" V3 "), (3,))


if __name__ == "__main__":
    unittest.main()
