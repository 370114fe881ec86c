"""Prints what the guide's Python programs register, as JSON lines."""

import importlib
import json
import sys

from celery_salt.core.decorators import _rpc_error_schemas, _rpc_response_schemas
from celery_salt.core.registry import get_schema_registry


def own(schema):
    """SaltEvent brings an empty Response and Error; those say nothing."""
    return schema if schema and schema.get("properties") else None


def declared(models, topic):
    return models[topic].model_json_schema() if topic in models else None


if __name__ == "__main__":
    for module in sys.argv[1:]:
        importlib.import_module(module)
    for spec in get_schema_registry()._schemas.values():
        topic = spec["topic"]
        print(
            json.dumps(
                {
                    "topic": topic,
                    "version": spec["version"],
                    "mode": spec["mode"],
                    "schema": spec["schema"],
                    "response": own(spec["response_schema"]) or declared(_rpc_response_schemas, topic),
                    "error": own(spec["error_schema"]) or declared(_rpc_error_schemas, topic),
                }
            )
        )
