"""A definition as the registry takes it (salt.Spec as JSON)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from salt_registry.errors import SaltRegistryError

Json = dict[str, Any]

_MODES = {"broadcast": "event"}


def build(
    topic: str,
    version: str,
    schema: Json,
    mode: str,
    description: str,
    response_schema: Json | None,
    error_schema: Json | None,
) -> Json:
    """The spec without its origin."""
    spec: Json = {"topic": topic, "version": version, "mode": _MODES.get(mode, mode), "schema": schema}
    if description:
        spec["doc"] = description
    # celery-salt's class style hands over empty Response and Error classes for
    # every event, also for those that have no answer.
    if mode == "rpc":
        if response_schema is not None and not _placeholder(response_schema, "Response"):
            spec["response"] = response_schema
        if error_schema is not None and not _placeholder(error_schema, "Error"):
            spec["error"] = error_schema
    return spec


def digest(spec: Json) -> bytes:
    """Tells specs apart. SaltRegistryError if the spec is no JSON."""
    return hashlib.sha256(encode(spec)).digest()


def encode(value: Any) -> bytes:
    """JSON in one form."""
    try:
        return json.dumps(value, sort_keys=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as e:
        raise SaltRegistryError(f"cannot write as JSON: {e}") from e


def _placeholder(schema: Json, title: str) -> bool:
    return (
        schema.get("title") == title
        and not schema.get("properties")
        and set(schema) <= {"title", "description", "properties", "type"}
    )
