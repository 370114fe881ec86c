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
from salt_registry.pause import Pause
from salt_registry.seen import Identity, Seen
from salt_registry.spec import encode

logger = logging.getLogger("salt_registry")

_GATHER = 0.2  # seconds in which participants are gathered for one request
_BATCH = 200
_MISSES = 3  # failures of single definitions or participants after which a round ends
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
        self._seen_again = 0.0  # when all of them are
        self._away = False
        self._finding = Pause()  # between attempts to find it, while it is away
        self._stuck = Pause()  # between attempts at what stays pending though it is there
        self._reporting = Pause()
        self._slow: dict[str, Pause] = {}  # paths for which the program waited in vain
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
            self._finding.until = self._stuck.until = 0.0
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
            slow = self._slow.get(path)
            if slow and slow.failures > 1 and not slow.over():  # once may have been the registry
                raise SaltRegistryUnavailable(slow.error, failed=True)
        deadline = time.monotonic() + self._client.timeout
        while True:
            try:
                answer = self._client.bounded(method, path, body, deadline - time.monotonic())
                break
            except SaltRegistryUnavailable as e:
                left = deadline - time.monotonic()
                if e.failed:
                    raise
                # A busy registry that names a moment is not away.
                if e.retry_after is not None and e.retry_after < left - 0.1:
                    time.sleep(e.retry_after + random.uniform(0, 0.05))
                    continue
                # Nor is one that fails, fast, at this one request.
                if e.retry_after is None and left > self._client.timeout / 2 and self._there(left):
                    e.failed = True
                    raise
                with self._lock:
                    slow = self._slow.setdefault(path, Pause())
                    if slow.over() and not self._away:  # threads that wait together are one attempt
                        slow.failed(e)
                self._went_away(e)
                raise
        with self._lock:
            self._slow.pop(path, None)
        return answer

    def _there(self, timeout: float | None = None) -> bool:
        """Whether the registry answers at all."""
        try:
            answer = self._client.bounded("GET", "/v1/health", None, timeout)
        except SaltRegistryRefused:
            return True
        except (SaltRegistryError, SaltRegistryUnavailable):
            return False
        return answer.status == 200 and isinstance(answer.body, dict) and "status" in answer.body

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
            self._slow.pop(path, None)
        return str(results[0].get("action"))

    def _went_away(self, e: SaltRegistryUnavailable, again: bool = False) -> None:
        with self._lock:
            first = not self._away
            self._away = True
            self._last_error = str(e)
            if first or again:  # many threads that find out at once are one attempt
                self._finding.failed(e)
        if first:
            logger.warning("%s; what is to be registered stays pending", e)
        self._wake()

    def _came_back(self) -> None:
        with self._lock:
            was, self._away = self._away, False
            self._finding.worked()
        if was:
            logger.info("the schema registry %s is available again", self._client.url)

    def _note(self, topic: str, version: str, role: str, handler: str = "", type_: str = "", source: str = "") -> None:
        with self._lock:
            if not self._seen.note(topic, version, role, handler, type_, source):
                return
            if not self._reporting.failures:
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
        if self._away:
            return self._finding.until
        times = [self._stuck.until] if self._book.in_state(PENDING) else []
        if self._seen:
            times.append(self._seen_at)
        return min(times, default=None)

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
                self._went_away(e, again=True)
            except Exception as e:  # the thread must live
                logger.exception("salt_registry: in the background")
                with self._lock:  # nothing is known of the registry
                    self._last_error = str(e)
                    for pause in (self._finding if self._away else self._stuck, self._reporting):
                        pause.failed(SaltRegistryUnavailable(str(e)))
                    self._seen_at = self._reporting.until
            with self._lock:
                self._changed.notify_all()

    def _work(self) -> None:
        """One round. Raises SaltRegistryUnavailable if the registry is away, not
        if it fails at one definition, which must hold up no other."""
        with self._lock:
            away = self._away
            pending = self._book.in_state(PENDING) if away or self._stuck.over() else []
            pending.sort(key=lambda entry: entry.misses)
        if away and not pending:
            if not self._there():
                raise SaltRegistryUnavailable(self._last_error or "the schema registry is away")
            self._came_back()
        failure, misses = None, 0
        for entry in pending:
            try:
                self._late(entry)
            except SaltRegistryUnavailable as e:
                if not e.failed and not self._there():
                    raise
                failure, misses = e, misses + 1
                entry.misses += 1
            self._came_back()  # with one answer, not with the last
            if misses == _MISSES:
                break
        with self._lock:
            if failure is not None:
                self._stuck.failed(failure)
                self._last_error = str(failure)
            elif pending:
                self._stuck.worked()
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
            now = time.monotonic()
            if now < self._seen_at or not self._seen:
                return
            if now >= self._seen_again:
                self._seen_again = now + self._seen_interval * random.uniform(0.9, 1.0)
                if self._parent == 0 or os.getppid() != self._parent:  # while our parent lives, it reports
                    self._seen.again()
        limit, refusals, failure = _BATCH, 0, None
        missed: set[Identity] = set()
        while len(missed) < _MISSES:
            with self._lock:
                batch = self._seen.unsent(limit, missed)
            if not batch:
                break
            keys = [key for key, _ in batch]
            try:
                self._client.request("POST", "/v1/seen", encode({"participants": [p for _, p in batch]}))
            except SaltRegistryUnavailable as e:
                if not e.failed and not self._there():
                    raise
                failure = e
                if len(batch) > 1:  # it may fail at one of them
                    limit = 1
                    continue
                missed.update(keys)
                with self._lock:
                    self._seen.missed(keys)
                continue
            except SaltRegistryError as e:
                if len(batch) > 1:  # the token may be for some of the topics
                    limit = 1
                    continue
                refusals += 1
                with self._lock:
                    self._last_error = str(e)
                if refusals == 1:
                    logger.warning("cannot report who uses %s: %s", batch[0][1]["topic"], e)
            with self._lock:
                self._seen.sent(keys)  # the refused again at the next interval
        with self._lock:
            if failure is None or not missed:
                self._reporting.worked()
                self._seen_at = time.monotonic() + _GATHER if self._seen.pending() else self._seen_again
                return
            first = not self._reporting.failures
            self._reporting.failed(failure)
            self._seen_at, self._last_error = self._reporting.until, str(failure)
        if first:
            logger.warning("cannot report who uses what, and tries again: %s", failure)

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
            unsaid = b._seen.pending() and not b._reporting.failures
            outstanding = not b._closed and not b._away and (b._book.in_state(PENDING) or unsaid)
        if outstanding:
            b.flush(1.0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
atexit.register(_at_exit)
