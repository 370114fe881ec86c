"""What can go wrong, as subclasses of celery-salt's exceptions.

celery-salt raises conflicts, keeps quiet about an unavailable registry, and logs
and swallows everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from salt_registry.conflict import describe

if TYPE_CHECKING:

    class _Conflict(Exception):
        def __init__(self, topic: str, version: str, message: str | None = None) -> None: ...

    class _Unavailable(Exception):
        def __init__(self, message: str, details: dict[str, Any] | None = None) -> None: ...

else:
    try:
        from celery_salt.core.exceptions import SchemaConflictError as _Conflict
        from celery_salt.core.exceptions import SchemaRegistryUnavailableError as _Unavailable
    except ImportError:  # without celery-salt, for tools

        class _Conflict(Exception):
            def __init__(self, topic, version, message=None):
                super().__init__(message or f"Schema conflict for {topic} (v{version})")
                self.topic = topic
                self.version = version

        class _Unavailable(Exception):
            def __init__(self, message, details=None):
                super().__init__(message)
                self.message = message
                self.details = details or {}


class SaltRegistryError(Exception):
    """The registry cannot take this: a schema that is no JSON, a bad answer."""


class SaltRegistryRefused(SaltRegistryError):
    """The registry said no for a reason that waiting does not mend: the token,
    the topic's name, the size. The text tells the remedy."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class SaltRegistryUnavailable(_Unavailable):
    """The registry cannot be reached, or has no schema for what was asked.
    A subclass of celery-salt's SchemaRegistryUnavailableError."""

    def __init__(
        self,
        message: str,
        details: dict[str, Any] | None = None,
        *,
        retry_after: float | None = None,
        failed: bool = False,
    ) -> None:
        super().__init__(message, details)
        self.failed = failed  # it is there, but failed at this one request
        self.retry_after = retry_after  # seconds, if the registry named them


class SaltSchemaConflict(_Conflict):
    """Topic and version have another schema in the registry, or the new version
    breaks the topic's rules. A subclass of celery-salt's SchemaConflictError.

    `conflict` is the registry's own account (salt.ConflictError as JSON).
    """

    topic: str
    version: str

    def __init__(
        self,
        topic: str,
        version: str,
        message: str | None = None,
        *,
        conflict: dict[str, Any] | None = None,
    ) -> None:
        self.conflict: dict[str, Any] = conflict or {}
        self._text = message or describe(topic, version, self.conflict)
        super().__init__(topic, version, self._text)

    def __reduce__(self) -> tuple[Any, ...]:
        # Celery pickles exceptions; the base class's arguments would not do.
        state = {"conflict": self.conflict}
        return (type(self), (self.topic, self.version, self._text), state)
