import os
import socket
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

from salt_registry import SaltRegistryUnavailable, SaltSchemaConflict
from tests import fake as faults
from tests.base import FakeTest, register, schema


class Away(FakeTest):
    def blocked(self, **options: object) -> float:
        """How long 50 registrations block while the registry is away."""
        r = self.registry(timeout=1.0, **options)
        begun = time.monotonic()
        for n in range(50):
            with self.assertRaises(SaltRegistryUnavailable):
                register(r, f"order.n{n}")
            self.assertFalse(register(r, f"order.n{n}")["created"], "the second time it is pending, and quiet")
        self.assertEqual(r.health()["pending"], 50)
        return time.monotonic() - begun

    def test_imports_are_not_held_up(self) -> None:
        for fault in [faults.HANG, faults.DRIP, 503]:
            with self.subTest(fault):
                self.fake.fault = fault
                self.assertLess(self.blocked(), 10)

    def test_nobody_listens(self) -> None:
        self.fake.stop()
        self.assertLess(self.blocked(), 10)

    def test_a_name_server_that_does_not_answer(self) -> None:
        hang = threading.Event()
        self.addCleanup(hang.set)
        with mock.patch.object(socket, "getaddrinfo", lambda *_, **__: hang.wait(60) or []):
            self.assertLess(self.blocked(), 10)

    def test_pending_catches_up_by_itself(self) -> None:
        self.fake.stop()
        r = self.registry()
        for n in range(5):
            with self.assertRaises(SaltRegistryUnavailable):
                register(r, f"order.n{n}")
        self.fake.start()
        deadline = time.monotonic() + 30
        with r._lock:
            while r._book.in_state("pending") and time.monotonic() < deadline:
                r._changed.wait(1)
        self.assertEqual(len(self.fake.records), 5)
        health = r.health()
        self.assertEqual((health["pending"], health["registered"], health["available"]), (0, 5, True))
        self.assertEqual(register(r, "order.more"), {"created": True}, "the circuit is closed again")

    def test_late_conflict_is_logged_once(self) -> None:
        register(self.registry())
        self.fake.fault = 503
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable):
            register(r, of=schema(id="string"))
        self.fake.fault = None
        with self.assertLogs("salt_registry", "ERROR") as logs:
            self.assertTrue(r.flush(30))
        self.assertEqual(len(logs.output), 1)
        self.assertIn("/properties/id/type", logs.output[0])
        self.assertEqual([c.topic for c in r.conflicts], ["order.placed"])
        self.assertEqual(len(r.health()["conflicts"]), 1)
        with self.assertRaises(SaltSchemaConflict):
            register(r, of=schema(id="string"))

    def test_only_attempts_lengthen_the_pause(self) -> None:
        self.fake.stop()
        r = self.registry()
        with mock.patch.object(r, "_wake"):  # no attempts in the background
            for n in range(20):
                with self.assertRaises(SaltRegistryUnavailable):
                    register(r, f"order.n{n}")
        self.assertEqual(r._finding.failures, 1)

    def test_retry_after(self) -> None:
        self.fake.fault = (429, {"error": "busy"}, {"Retry-After": "120"})
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable) as caught:
            register(r)
        self.assertEqual(caught.exception.retry_after, 120)
        self.assertGreater(r._finding.until - time.monotonic(), 100)

    def test_a_definition_at_which_the_registry_fails(self) -> None:
        self.fake.fault = lambda body: 500 if body and body["specs"][0]["topic"] == "order.bad" else None
        r = self.registry()
        with self.assertRaisesRegex(SaltRegistryUnavailable, "500"):
            register(r, "order.bad")
        self.assertFalse(register(r, "order.bad")["created"], "it is pending")
        self.assertEqual(register(r, "order.good"), {"created": True})
        self.assertFalse(r.flush(1.0))
        health = r.health()
        self.assertEqual((health["registered"], health["pending"], health["available"]), (1, 1, True))
        self.assertLess(len(self.fake.asked("/v1/register")), 10, "it is not asked about all the time")
        self.fake.fault = None
        self.assertTrue(r.flush(30))

    def test_busy_is_not_away(self) -> None:
        self.fake.fault = [(503, {"error": "busy"}, {"Retry-After": "0.1"})] * 3
        r = self.registry()
        self.assertEqual(register(r), {"created": True})
        self.fake.fault = [(503, {"error": "busy"}, {"Retry-After": "0.1"})] * 100_000
        begun = time.monotonic()
        with self.assertRaises(SaltRegistryUnavailable):
            register(self.registry(timeout=0.5), "order.other")
        self.assertLess(time.monotonic() - begun, 10)

    def test_an_away_registry_that_only_readers_know(self) -> None:
        self.fake.fault = 503
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable):
            r.get_schema("order.placed", "v1")
        self.fake.fault = None
        with r._lock:
            self.assertTrue(r._changed.wait_for(lambda: not r._away, 30))
        self.assertIn("/v1/health", [p for _, p, _, _ in self.fake.requests])

    def test_the_thread_survives_what_nobody_thought_of(self) -> None:
        self.fake.fault = 503
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable):
            register(r)
        with mock.patch.object(r, "_late", side_effect=ZeroDivisionError("oh")):
            self.assertFalse(r.flush(0.3))
        self.fake.fault = None
        self.assertTrue(r.flush(30))


@unittest.skipUnless(hasattr(os, "fork"), "no fork here")
class Fork(FakeTest):
    def child(self, work: object) -> int:
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = work()  # type: ignore[operator]
            finally:
                os._exit(code)
        status = 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        return -9

    def test_child_takes_up_what_is_pending(self) -> None:
        self.fake.fault = 503
        r = self.registry()
        with self.assertRaises(SaltRegistryUnavailable):
            register(r)

        def work() -> int:
            r._client._headers["X-Salt-Actor"] = "child"
            with r._lock:  # no flush: the child's own thread does it
                return 0 if r._changed.wait_for(lambda: r._book.in_state("known"), 40) else 1

        threading.Timer(0.3, lambda: setattr(self.fake, "fault", None)).start()
        self.assertEqual(self.child(work), 0)
        self.assertIn("child", [h.get("X-Salt-Actor") for _, p, h, _ in self.fake.requests if p == "/v1/register"])
        self.assertTrue(r.flush(30), "and the parent goes on")

    def test_no_connection_is_shared(self) -> None:
        r = self.registry()
        register(r, "order.before")
        before = self.fake.connections
        self.assertEqual(self.child(lambda: 0 if register(r, "order.child")["created"] else 1), 0)
        self.assertEqual(self.fake.connections, before + 1)
        register(r, "order.parent")
        self.assertEqual(self.fake.connections, before + 1)

    def test_while_threads_hold_the_lock(self) -> None:
        r = self.registry(timeout=30)
        end = threading.Event()

        def busy(n: int) -> None:
            i = 0
            while not end.is_set():
                i += 1
                r.track_subscriber(f"t{n}.x{i % 50}", "h")
                r.health()

        threads = [threading.Thread(target=busy, args=(n,)) for n in range(3)]
        for t in threads:
            t.start()
        try:
            codes = [self.child(lambda i=i: 0 if register(r, f"order.f{i}")["created"] else 1) for i in range(15)]
        finally:
            end.set()
            for t in threads:
                t.join()
        self.assertEqual(codes, [0] * 15)


class Exit(FakeTest):
    def test_a_short_script_is_seen_and_ends(self) -> None:
        script = (
            "import sys; from salt_registry import SaltRegistry\n"
            "r = SaltRegistry(sys.argv[1], service='script')\n"
            "r.track_subscriber('order.placed', 'handler')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, self.fake.url], timeout=60, capture_output=True, text=True, env=os.environ
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([p["service"] for p in self.fake.participants], ["script"])

    def test_a_short_script_ends_while_the_registry_hangs(self) -> None:
        self.fake.fault = faults.HANG
        script = (
            "import sys; from salt_registry import SaltRegistry as R\nR(sys.argv[1]).track_subscriber('a.b', 'c')\n"
        )
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", script, self.fake.url], timeout=60, check=True, capture_output=True, env=os.environ
        )
        self.assertLess(time.monotonic() - begun, 30)


if __name__ == "__main__":
    unittest.main()
