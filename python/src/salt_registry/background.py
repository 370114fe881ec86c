"""What happens beside the program: registrations that are pending, participants,
and finding a registry that was away. One thread, there only while it is needed."""

from __future__ import annotations

import atexit
import logging
import os
import random
import threading
import time
import weakref
from collections.abc import Callable

from salt_registry.book import KNOWN, PENDING, REFUSED, Book, Entry
from salt_registry.client import Answer, Client
from salt_registry.errors import SaltRegistryError, SaltRegistryRefused, SaltRegistryUnavailable, SaltSchemaConflict
from salt_registry.seen import Seen
from salt_registry.spec import encode

logger = logging.getLogger("salt_registry")

_FIRST, _LONGEST = 0.5, 30.0  # seconds between attempts
_GATHER = 0.2  # seconds in which participants are gathered for one request
_BATCH = 200
_REFUSED = 60.0  # seconds for which a refusal is not asked again

Ask = Callable[..., Answer]


class Background:
    """The part of a registry that has a lock and a thread. No request is made
    while the lock is held."""

    _thread: threading.Thread | None

    def __init__(self, client: Client, service: str, host: str, seen_interval: float) -> None:
        self._client = client
        self._book = Book()
        self._seen = Seen(service, host)
        self._seen_interval = seen_interval
        self._seen_at = 0.0  # when participants are sent next
        self._away = False
        self._failures = 0  # attempts in a row that found nobody
        self._stuck = 0  # attempts in a row that left something pending all the same
        self._retry_at = 0.0
        self._last_error: str | None = None
        self._closed = False
        self._parent = 0  # the process that we were forked from
        self._rearm()
        _all.add(self)

    def flush(self, timeout: float = 5.0) -> bool:
        """Tries now what is pending, and waits until nothing is, at most timeout
        seconds. Returns whether nothing is."""
        deadline = time.monotonic() + timeout
        with self._lock:
            self._retry_at = 0.0
            self._seen_at = 0.0 if self._seen.pending() else self._seen_at
        self._wake()
        with self._lock:
            while self._book.in_state(PENDING) or self._seen.pending():
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    return False
                self._changed.wait(left)
        return True

    def close(self) -> None:
        """Ends the thread and drops the connections. What is pending stays so."""
        with self._lock:
            self._closed = True
            self._changed.notify_all()
        self._client.forget()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """A request that the program waits for. While the registry is away nobody
        waits; the thread finds out when it is back."""
        with self._lock:
            if self._away:
                raise SaltRegistryUnavailable(self._last_error or "the schema registry is away")
        deadline = time.monotonic() + self._client.timeout
        while True:
            left = deadline - time.monotonic()
            try:
                return self._client.bounded(method, path, body, left)
            except SaltRegistryUnavailable as e:
                if e.failed:
                    raise
                # A busy registry that names a moment is not away.
                if e.retry_after is None or e.retry_after >= deadline - time.monotonic() - 0.1:
                    self._went_away(e)
                    raise
                time.sleep(e.retry_after + random.uniform(0, 0.05))

    def _register(self, entry: Entry, ask: Ask) -> str:
        """Asks about one entry and notes the answer in it."""
        path = "/v1/register"
        try:
            answer = ask("POST", path, encode({"specs": [entry.spec]}))
            if answer.status == 404:
                raise SaltRegistryUnavailable(f"there is no Salt registry at {self._client.url}: {path} answers 404")
            if answer.status == 409:
                body = answer.body if isinstance(answer.body, dict) else {}
                found = body.get("conflict")
                conflict = found if isinstance(found, dict) else {}
                text = None if conflict else f"Schema conflict: {answer.error()}"
                raise SaltSchemaConflict(entry.spec["topic"], entry.spec["version"], text, conflict=conflict)
            results = answer.body.get("results") if isinstance(answer.body, dict) else None
            if not isinstance(results, list) or not results or not isinstance(results[0], dict):
                raise SaltRegistryUnavailable(
                    f"there is no Salt registry at {self._client.url}: it answers something else"
                )
        except (SaltSchemaConflict, SaltRegistryRefused) as e:
            with self._lock:
                entry.state, entry.refusal, entry.ask_again = REFUSED, e, time.monotonic() + _REFUSED
                self._last_error = str(e)
            raise entry.raisable() from None
        with self._lock:
            entry.state, entry.refusal = KNOWN, None
        return str(results[0].get("action"))

    def _went_away(self, e: SaltRegistryUnavailable) -> None:
        with self._lock:
            first = not self._away
            self._away = True
            self._postpone(e)
        if first:
            logger.warning("%s; what is to be registered stays pending", e)
        self._wake()

    def _postpone(self, e: SaltRegistryUnavailable) -> None:
        """Sets the time of the next attempt."""
        with self._lock:
            self._last_error = str(e)
            pause = min(_FIRST * 2 ** min(max(self._failures, self._stuck), 10), _LONGEST) * random.uniform(0.5, 1.0)
            self._failures += 1
            self._retry_at = time.monotonic() + max(pause, e.retry_after or 0.0)

    def _came_back(self) -> None:
        with self._lock:
            was, self._away, self._failures = self._away, False, 0
        if was:
            logger.info("the schema registry %s is available again", self._client.url)

    def _note(self, topic: str, version: str, role: str, handler: str = "", type_: str = "", source: str = "") -> None:
        with self._lock:
            if not self._seen.note(topic, version, role, handler, type_, source):
                return
            self._seen_at = time.monotonic() + _GATHER
        self._wake()

    def _wake(self) -> None:
        """Makes the thread look again, or start."""
        with self._lock:
            self._changed.notify_all()
            if self._closed or self._thread is not None or self._due() is None:
                return
            thread = threading.Thread(target=self._run, name="salt-registry", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except RuntimeError:  # the interpreter ends
                pass

    def _due(self) -> float | None:
        """When there is something to do, on the monotonic clock."""
        if self._away or self._book.in_state(PENDING):
            return self._retry_at
        return self._seen_at if self._seen else None

    def _run(self) -> None:
        while True:
            with self._lock:
                due = None if self._closed else self._due()
                if due is None:
                    self._thread = None
                    return
                wait = due - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
            try:
                self._work()
            except SaltRegistryUnavailable as e:
                self._went_away(e)
            except Exception as e:  # the thread must live
                logger.exception("salt_registry: in the background")
                self._went_away(SaltRegistryUnavailable(str(e)))
            with self._lock:
                self._changed.notify_all()

    def _work(self) -> None:
        with self._lock:
            pending, away = self._book.in_state(PENDING), self._away
        failure = None
        for entry in pending:
            try:
                self._late(entry)
            except SaltRegistryUnavailable as e:
                if not e.failed:
                    raise
                failure = e  # which holds up no other
            self._came_back()  # with one answer, not with the last
        if away and not pending:
            self._client.request("GET", "/v1/health")
            self._came_back()
        self._stuck = 0 if failure is None else self._stuck + 1
        if failure is not None:
            self._postpone(failure)
        self._report()

    def _late(self, entry: Entry) -> None:
        """A registration that nobody waits for any more."""
        topic, version = entry.spec["topic"], entry.spec["version"]
        try:
            self._register(entry, self._client.request)
            logger.info("registered %s %s", topic, version)
        except SaltSchemaConflict as e:
            logger.error("%s\nThis was found only now because the registry had been away.", e)
        except SaltRegistryError as e:
            if not isinstance(e, SaltRegistryRefused):
                with self._lock:
                    entry.state = REFUSED
                    entry.refusal = SaltRegistryRefused(str(e))
            logger.error("cannot register %s %s: %s", topic, version, e)

    def _report(self) -> None:
        """Sends participants if their time has come."""
        with self._lock:
            if time.monotonic() < self._seen_at or not self._seen:
                return
            orphan = self._parent == 0 or os.getppid() != self._parent
            if not self._seen.pending() and orphan:  # while our parent lives, it reports
                self._seen.again()
        limit, refusals = _BATCH, 0
        while True:
            with self._lock:
                batch = self._seen.unsent(limit)
            if not batch:
                break
            try:
                self._client.request("POST", "/v1/seen", encode({"participants": [p for _, p in batch]}))
            except SaltRegistryError as e:
                if limit > 1:  # the token may be for some of the topics
                    limit = 1
                    continue
                refusals += 1
                with self._lock:
                    self._last_error = str(e)
                if refusals == 1:
                    logger.warning("cannot report who uses %s: %s", batch[0][1]["topic"], e)
            with self._lock:
                self._seen.sent([key for key, _ in batch])  # the refused again at the next interval
        with self._lock:
            self._seen_at = time.monotonic() + self._seen_interval * random.uniform(0.9, 1.0)

    def _rearm(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._thread = None

    def _before_fork(self) -> None:
        self._lock.acquire()  # so that the child finds nothing half done

    def _after_in_parent(self) -> None:
        self._lock.release()

    def _after_in_child(self) -> None:
        self._rearm()  # threads do not survive a fork
        self._parent = os.getppid()
        self._client.forget()
        if self._away or self._book.in_state(PENDING) or self._seen.pending():
            self._wake()


_all: weakref.WeakSet[Background] = weakref.WeakSet()
_forking: list[Background] = []
_fork_lock = threading.RLock()  # two threads may fork at once


def _before() -> None:
    _fork_lock.acquire()
    _forking[:] = list(_all)
    for b in _forking:
        b._before_fork()


def _in_parent() -> None:
    for b in _forking:
        b._after_in_parent()
    _forking.clear()
    _fork_lock.release()


def _in_child() -> None:
    global _fork_lock
    _fork_lock = threading.RLock()
    for b in _forking:
        b._after_in_child()
    _forking.clear()


def _at_exit() -> None:
    """A script that publishes once and ends is seen, too."""
    for b in list(_all):
        with b._lock:
            outstanding = not b._closed and not b._away and (b._book.in_state(PENDING) or b._seen.pending())
        if outstanding:
            b.flush(1.0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
atexit.register(_at_exit)
