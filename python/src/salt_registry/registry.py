"""SaltRegistry: celery-salt's registry interface over Salt's registry."""

from __future__ import annotations

import copy
import logging
import os
import socket
import ssl
import sys
import time
from typing import Any, TypedDict

from salt_registry import origin, patterns
from salt_registry.background import Background
from salt_registry.book import KNOWN, PENDING, REFUSED, Entry
from salt_registry.client import Answer, Client, segment
from salt_registry.errors import (
    SaltRegistryError,
    SaltRegistryRefused,
    SaltRegistryUnavailable,
    SaltSchemaConflict,
)
from salt_registry.spec import build, digest
from salt_registry.versions import LATEST, order

Json = dict[str, Any]

logger = logging.getLogger("salt_registry")


class Health(TypedDict):
    """What `SaltRegistry.health` tells."""

    url: str
    available: bool
    registered: int  # definitions of this process that the registry has
    pending: int  # definitions that it does not have yet
    refused: int
    conflicts: list[str]
    last_error: str | None


class SaltRegistry(Background):
    """celery-salt's schema registry over Salt's: register_schema, get_schema and
    track_subscriber. Hand it to celery_salt's set_schema_registry before any
    module with events or handlers is imported.

    url: http(s)://HOST[:PORT][/PATH].
    token: default $SALT_REGISTRY_TOKEN, or the password in the url. It is in no
        log, error or repr.
    service: the name of this program, default $SALT_SERVICE or its script.
    timeout: seconds for a request, and for all requests together while the
        registry is away: the first that fails is the last that anybody waits for
        until a thread in the background finds it back.
    cache: False asks the registry at every get_schema. Otherwise a version is
        asked for once and "latest" again after latest_ttl seconds.
    patterns: True lets handlers subscribe to patterns, see patterns.py.
    seen_interval: seconds after which participants are reported again.
    ssl_context: default ssl.create_default_context().

    Safe for threads and for forks: a child takes up what its parent had pending.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        service: str | None = None,
        timeout: float = 3.0,
        cache: bool = True,
        latest_ttl: float = 10.0,
        patterns: bool = False,
        seen_interval: float = 600.0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        host = socket.gethostname()
        service = (
            service or os.environ.get("SALT_SERVICE") or os.path.basename(sys.argv[0] if sys.argv else "") or "python"
        )
        client = Client(url, token, f"{service}@{host}", timeout, ssl_context)
        super().__init__(client, service, host, seen_interval)
        self._cache = cache
        self._latest_ttl = latest_ttl
        self._patterns = patterns
        self._records: dict[tuple[str, str], Json] = {}
        self._latest: dict[str, tuple[Json, float]] = {}
        self._merged: dict[str, Json] = {}
        if client.clear_text:
            logger.warning("the token for %s travels unencrypted; use https", client.url)

    def __repr__(self) -> str:
        return f"SaltRegistry({self._client.url!r})"

    def register_schema(
        self,
        topic: str,
        version: str,
        schema: Json,
        publisher_module: str,
        publisher_class: str,
        mode: str = "broadcast",
        description: str = "",
        response_schema: Json | None = None,
        error_schema: Json | None = None,
    ) -> Json:
        """Registers a definition. Returns {"created": bool} and, if the registry
        has one that means the same, the caller's own schema as "existing_schema",
        because celery-salt compares letter by letter.

        Raises SaltSchemaConflict; SaltRegistryUnavailable the first time that the
        registry is away (the definition stays pending and is registered later);
        SaltRegistryRefused for a bad token or a definition that no registry takes.
        """
        spec = build(topic, version, schema, mode, description, response_schema, error_schema)
        key = (topic, version, digest(spec))
        same: Json = {"created": False, "existing_schema": schema}
        frame = origin.caller(1)
        if frame is not None and frame.f_code.co_name == "ensure_schema_registered":  # at each publish and call
            role = "caller" if mode == "rpc" else "publisher"
            self._note(topic, version, role, type_=f"{publisher_module}.{publisher_class}")
        del frame
        with self._lock:
            entry = self._book.get(key)
            if entry is None:
                spec.update(
                    package=publisher_module,
                    type=f"{publisher_module}.{publisher_class}",
                    source=origin.of_class(publisher_module, publisher_class),
                )
                entry = Entry(spec)
            elif entry.state in (KNOWN, PENDING):
                return same
            elif time.monotonic() < entry.ask_again:
                raise entry.raisable()
        try:
            action = self._register(entry, self._ask)
        except SaltRegistryUnavailable as e:
            with self._lock:
                if not self._away and not e.failed:  # it answered, but not as a registry
                    self._went_away(e)
                if self._book.get(key) is None or entry.state == REFUSED:
                    entry.state, entry.refusal = PENDING, None
                    self._book.put(key, entry)
            self._wake()
            raise SaltRegistryUnavailable(
                f"{e}; {topic} {version} stays pending and is registered in the background when it is back",
                retry_after=e.retry_after,
            ) from None
        except (SaltSchemaConflict, SaltRegistryRefused):
            with self._lock:
                self._book.put(key, entry)
            raise
        with self._lock:
            self._book.put(key, entry)
        return {"created": True} if action == "create" else same

    def get_schema(self, topic: str, version: str = LATEST) -> Json:
        """The schema of a version: that of this process, the registry's, or the
        last that was known of it. "latest" is the highest version of all.

        Raises SaltRegistryUnavailable if there is none or the registry is away,
        SaltRegistryRefused for a bad token.
        """
        if patterns.is_pattern(topic):
            return self._pattern(topic)
        with self._lock:
            local = self._book.find(topic, version)
        if version != LATEST:
            if local is not None:
                return _schema(local)
            return _schema(self._lookup(topic, version))
        try:
            record = self._lookup(topic, LATEST)
        except (SaltRegistryUnavailable, SaltRegistryRefused):
            if local is None:
                raise
            return _schema(local)
        if local is not None and order(local["version"]) > order(record["version"]):
            record = local  # pending
        return _schema(record)

    def track_subscriber(self, topic: str, handler_name: str) -> None:
        """Tells the registry, in the background, that a handler is there. Never
        raises, never waits."""
        try:
            version = type_ = source = ""
            frame = origin.caller(1)
            if frame is not None and "celery_salt" in str(frame.f_globals.get("__name__")):
                # celery-salt does not hand over what the registry wants to know.
                version = str(frame.f_locals.get("resolved_version") or "")
                func: Any = frame.f_locals.get("func")
                if code := getattr(func, "__code__", None):
                    type_, source = f"{func.__module__}.{func.__qualname__}", origin.of_code(code)
            del frame
            self._note(
                topic, version, "server" if self._mode(topic) == "rpc" else "subscriber", handler_name, type_, source
            )
        except Exception:
            logger.debug("track_subscriber %s", topic, exc_info=True)

    @property
    def conflicts(self) -> list[SaltSchemaConflict]:
        """The definitions that the registry refuses as conflicts, also those that
        it refused in the background."""
        with self._lock:
            return self._book.conflicts()

    def health(self) -> Health:
        """What is known, without asking the registry."""
        with self._lock:
            return Health(
                url=self._client.url,
                available=not self._away,
                registered=len(self._book.in_state(KNOWN)),
                pending=len(self._book.in_state(PENDING)),
                refused=len(self._book.in_state(REFUSED)),
                conflicts=[str(c) for c in self._book.conflicts()],
                last_error=self._last_error,
            )

    def _mode(self, topic: str) -> str:
        with self._lock:
            local = self._book.find(topic, LATEST)
            if local is None and topic in self._latest:
                local = self._latest[topic][0]
            if local is None:
                local = next((r for (t, _), r in self._records.items() if t == topic), None)
        return str(local.get("mode", "")) if local else ""

    def _lookup(self, topic: str, version: str) -> Json:
        with self._lock:
            record = self._records.get((topic, version))
            latest, since = self._latest.get(topic, (None, 0.0))
        if version == LATEST:
            record = latest
        if self._cache and record and (version != LATEST or time.monotonic() - since < self._latest_ttl):
            return record
        try:
            answer = self._ask("GET", f"/v1/topics/{segment(topic)}/versions/{segment(version)}")
        except SaltRegistryUnavailable as e:
            if record is not None:
                return record
            raise SaltRegistryUnavailable(f"no schema for {topic} {version}: {e}", retry_after=e.retry_after) from None
        if answer.status == 404:
            raise SaltRegistryUnavailable(
                f"No schema found for topic: {topic}, version: {version} in the registry {self._client.url}; "
                "start its publisher once, or register it with `salt schema register`"
            )
        record = _record(answer)
        with self._lock:
            self._records[topic, record["version"]] = record
            if version == LATEST:
                self._latest[topic] = (record, time.monotonic())
        return record

    def _pattern(self, pattern: str) -> Json:
        if not self._patterns:
            raise SaltRegistryUnavailable(
                f"{pattern} is a pattern and has no schema of its own; "
                "SaltRegistry(…, patterns=True) makes one of all topics that match"
            )
        try:
            answer = self._ask("GET", f"/v1/topics?prefix={segment(patterns.prefix(pattern))}")
            listed = answer.body if isinstance(answer.body, list) else []
            matches = patterns.matcher(pattern).match
            names = [
                t["topic"]
                for t in listed
                if isinstance(t, dict) and isinstance(t.get("topic"), str) and matches(t["topic"])
            ]
            merged = patterns.merge(pattern, [_schema(self._lookup(name, LATEST)) for name in sorted(names)])
        except SaltRegistryUnavailable:
            with self._lock:
                known = self._merged.get(pattern)
            if known is None:
                raise
            return copy.deepcopy(known)
        with self._lock:
            self._merged[pattern] = merged
        return copy.deepcopy(merged)


def _schema(record: Json) -> Json:
    schema: Json = copy.deepcopy(record["schema"])
    return schema


def _record(answer: Answer) -> Json:
    body = answer.body
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("schema"), dict)
        or not isinstance(body.get("version"), str)
    ):
        raise SaltRegistryError("the registry's answer holds no schema; is this the address of a Salt registry?")
    return body
