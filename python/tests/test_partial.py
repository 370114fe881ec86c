"""A registry that is there, and fails at some requests: only these may suffer."""

import threading
import time
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

from salt_registry import SaltRegistry, SaltRegistryUnavailable
from tests import fake as faults
from tests.base import FakeTest, register, schema

BUSY = (503, {"error": "the registry's store does not answer"}, {"Retry-After": "1"})


def bad_specs(fault: Any) -> Callable[[Any], Any]:
    return lambda body: fault if any(s["topic"].startswith("a.bad") for s in body["specs"]) else None


def bad_participants(fault: Any) -> Callable[[Any], Any]:
    return lambda body: fault if any(p["topic"].startswith("a.bad") for p in body["participants"]) else None


class Partial(FakeTest):
    def until(self, r: SaltRegistry, what: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 30
        while not what():
            self.assertLess(time.monotonic(), deadline)
            with r._lock:
                r._changed.wait(0.02)

    def available(self, r: SaltRegistry) -> None:
        self.until(r, lambda: r.health()["available"])


class Reports(Partial):
    def test_a_failing_report_concerns_nobody_else(self) -> None:
        register(self.registry(), "foreign.topic", "v1")
        for fault in [500, 504, BUSY]:
            with self.subTest(str(fault)):
                self.fake.faults = {"/v1/seen": fault}
                self.unconcerned(self.registry(cache=False))

    def unconcerned(self, r: SaltRegistry) -> None:
        with self.assertLogs("salt_registry", "INFO") as logs:
            r.track_subscriber("foreign.topic", "bill")

            def reported_thrice() -> bool:
                r.get_schema("foreign.topic", "v1")
                self.assertEqual(register(r, f"order.n{len(self.fake.records)}"), {"created": True})
                self.assertTrue(r.health()["available"])
                return r._reporting.failures >= 3

            self.until(r, reported_thrice)
        self.assertGreater(r._reporting.until - time.monotonic(), 0.5, "the pause grows")
        self.assertEqual(len(logs.output), 1, logs.output)
        self.fake.faults = {}
        self.fake.participants.clear()
        self.assertTrue(r.flush(30))
        self.assertEqual(len(self.fake.participants), 1)

    def test_news_does_not_shorten_the_pause(self) -> None:
        self.fake.faults = {"/v1/seen": 500}
        r = self.registry()
        r.track_subscriber("order.placed", "bill")
        self.until(r, lambda: r._reporting.failures == 2)
        due = r._seen_at
        r.track_subscriber("order.paid", "bill")
        self.assertGreaterEqual(r._seen_at, due)

    def test_one_participant_holds_up_no_other(self) -> None:
        for fault in [500, 504, BUSY]:
            with self.subTest(str(fault)):
                self.fake.participants.clear()
                self.fake.faults = {"/v1/seen": bad_participants(fault)}
                r = self.registry()
                for n in range(5):
                    r.track_subscriber(f"a.bad{n}", "bill")
                    r.track_subscriber(f"order.n{n}", "bill")
                self.until(r, lambda: len({p["topic"] for p in self.fake.participants}) == 5)
                self.assertTrue(r.health()["available"])
                self.fake.faults = {}
                self.assertTrue(r.flush(30))
                self.assertEqual(len({p["topic"] for p in self.fake.participants}), 10)

    def test_one_participant_does_not_end_the_repetition(self) -> None:
        self.fake.faults = {"/v1/seen": bad_participants(500)}
        r = self.registry(seen_interval=0.1)
        r.track_subscriber("a.bad", "bill")
        r.track_subscriber("order.placed", "bill")
        self.until(r, lambda: len(self.fake.participants) >= 2)

    def test_a_mistake_of_our_own(self) -> None:
        r = self.registry()
        with mock.patch.object(r._seen, "unsent", side_effect=ZeroDivisionError("oh")) as unsent:
            r.track_subscriber("order.placed", "bill")
            self.until(r, lambda: unsent.call_count >= 2)
            self.assertEqual(register(r), {"created": True})
            self.assertTrue(r.health()["available"])
        self.assertTrue(r.flush(30))


class Definitions(Partial):
    def pending(self, *topics: str) -> SaltRegistry:
        """A registry for which the topics are pending, and nothing was tried yet."""
        self.fake.fault = 503
        r = self.registry()
        with mock.patch.object(r, "_wake"):
            for topic in topics:
                with self.assertRaises(SaltRegistryUnavailable):
                    register(r, topic)
        self.fake.fault = None
        return r

    def test_those_behind_are_registered(self) -> None:
        for fault in [500, 504, BUSY]:
            with self.subTest(str(fault)):
                self.fake.records.clear()
                bad = [f"a.bad{n}" for n in range(5)]
                r = self.pending(*bad, "order.placed", "order.paid")
                self.fake.faults = {"/v1/register": bad_specs(fault)}
                r.flush(0)
                self.until(r, lambda: len(self.fake.records) == 2)
                self.available(r)
                self.assertEqual(register(r, "order.new"), {"created": True})
                self.assertEqual(r.health()["pending"], 5)
                self.fake.faults = {}
                self.assertTrue(r.flush(30))
                r.close()

    def test_the_pause_grows_though_others_succeed(self) -> None:
        self.fake.faults = {"/v1/register": bad_specs(502)}
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable):
            register(r, "a.bad")
        n = 0

        def tried() -> bool:
            nonlocal n
            n += 1
            self.assertEqual(register(r, f"order.n{n}"), {"created": True})
            return r._stuck.failures >= 3

        self.until(r, tried)
        self.assertGreater(r._stuck.until - time.monotonic(), 0.5)

    def test_what_is_stuck_does_not_lengthen_an_outage(self) -> None:
        self.fake.faults = {"/v1/register": bad_specs(500)}
        r = self.registry()
        r._stuck.failures = 10
        with self.assertRaises(SaltRegistryUnavailable):
            register(r, "a.bad")
        self.until(r, lambda: r._stuck.failures > 10)
        self.fake.fault = 503
        with self.assertRaises(SaltRegistryUnavailable):
            r.get_schema("order.placed", "v1")
        self.assertLessEqual(r._finding.until - time.monotonic(), 0.5)

    def test_what_is_stuck_does_not_hold_up_reports(self) -> None:
        self.fake.faults = {"/v1/register": bad_specs(500)}
        r = self.registry()
        r._stuck.failures = 10
        with self.assertRaises(SaltRegistryUnavailable):
            register(r, "a.bad")
        self.until(r, lambda: r._stuck.failures > 10)
        r.track_subscriber("order.placed", "bill")
        begun = time.monotonic()
        self.until(r, lambda: self.fake.participants)
        self.assertLess(time.monotonic() - begun, 10)


class Requests(Partial):
    def test_one_that_fails_at_once(self) -> None:
        for fault in [500, 502, 503, 504, faults.GARBAGE, faults.CLOSE]:
            with self.subTest(str(fault)):
                self.fake.faults = {"/v1/topics/order.bad": fault}
                r = self.registry()
                with self.assertNoLogs("salt_registry", "WARNING"):
                    for n in range(3):
                        with self.assertRaises(SaltRegistryUnavailable):
                            r.get_schema("order.bad", "v1")
                        self.assertTrue(r.health()["available"])
                        self.assertEqual(register(r, f"order.f{str(fault)}.n{n}"), {"created": True})

    def test_one_that_hangs_is_left_alone_for_longer_and_longer(self) -> None:
        self.fake.faults = {"/v1/topics/order.bad": faults.HANG}
        register(self.registry(), "order.good")
        r = self.registry(timeout=0.5, cache=False)
        path = "/v1/topics/order.bad/versions/v1"
        for n in range(1, 4):
            self.until(r, lambda: path not in r._slow or r._slow[path].over())
            with self.assertRaises(SaltRegistryUnavailable):
                r.get_schema("order.bad", "v1")
            self.assertEqual(len(self.fake.asked(path)), n)
            self.available(r)
        self.assertGreater(r._slow[path].until, time.monotonic())
        with self.assertRaisesRegex(SaltRegistryUnavailable, "no answer within"):
            r.get_schema("order.bad", "v1")
        self.assertEqual(len(self.fake.asked(path)), 3, "nobody waits again")
        self.assertEqual(r.get_schema("order.good", "v1"), schema(id="integer"))
        self.assertTrue(r.health()["available"])

    def test_threads_that_find_out_together_are_one_attempt(self) -> None:
        self.fake.fault = faults.HANG
        r = self.registry(timeout=0.5)
        barrier = threading.Barrier(16)

        def work() -> None:
            barrier.wait()
            try:
                register(r)
            except SaltRegistryUnavailable:
                pass

        with mock.patch.object(r, "_wake"):  # no attempts in the background
            threads = [threading.Thread(target=work) for _ in range(16)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        self.assertEqual(r._finding.failures, 1)
        self.assertEqual(r._slow["/v1/register"].failures, 1)

    def test_something_else_at_its_address_is_not_the_registry(self) -> None:
        for fault in [404, (200, {"odd": 1})]:
            with self.subTest(str(fault)):
                self.fake.fault = 503
                r = self.registry()
                with self.assertRaises(SaltRegistryUnavailable):
                    r.get_schema("order.placed", "v1")
                self.fake.fault = fault
                self.fake.requests.clear()
                self.until(r, lambda: len(self.fake.asked("/v1/health")) >= 2)
                self.assertFalse(r.health()["available"])
                self.fake.fault = None
                self.available(r)

    def test_a_health_that_needs_a_token_is_there(self) -> None:
        self.fake.fault = 503
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable):
            r.get_schema("order.placed", "v1")
        self.fake.fault = 401
        self.available(r)


if __name__ == "__main__":
    unittest.main()
