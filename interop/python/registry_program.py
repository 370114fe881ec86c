"""A Python service that keeps its schemas in Salt's registry, as the Go test
orders: registry_program.py URL. One JSON command a line on standard input,
{"n": number, "do": name, …}; one JSON answer a line on descriptor 3."""

import json
import os
import sys
import traceback
import types

from celery_salt import subscribe
from celery_salt.core import event_utils
from celery_salt.core.registry import set_schema_registry
from salt_registry import SaltRegistry

registry = SaltRegistry(
    sys.argv[1], service="interop", timeout=float(os.environ.get("REGISTRY_TIMEOUT", "20")), patterns=True
)
set_schema_registry(registry)
modules = 0


def load(c):
    """{"source": …, "name": …}: imports a module; conflicts fail the import."""
    global modules
    modules += 1
    module = types.ModuleType(c.get("name") or f"module{modules}")
    sys.modules[module.__name__] = module
    exec(compile(c["source"], module.__name__ + ".py", "exec"), module.__dict__)


def models(c):
    """{"models": {name: source}}: an event of class style for each Model. A
    payload is an object, so another Model becomes the response of a request.
    {"sources": [source]}: modules as they are."""
    for source in c.get("sources", []):
        load({"source": source})
    for name, source in sorted(c.get("models", {}).items()):
        load({"name": "models_" + name, "source": source + MODEL.replace("TOPIC", "models." + name)})


MODEL = """
from celery_salt import SaltEvent as _SaltEvent
from pydantic import BaseModel as _BaseModel

if Model.model_json_schema().get("type") == "array":

    class _Request(_SaltEvent):
        class Schema(_BaseModel):
            pass

        Response = Model

        class Meta:
            topic = "TOPIC"
            mode = "rpc"

else:

    class _Event(_SaltEvent):
        Schema = Model

        class Meta:
            topic = "TOPIC"
"""


def many(c):
    """{"count": n}: n events, one import after the other."""
    for n in range(c["count"]):
        load(
            {
                "name": f"many{n}",
                "source": f"from celery_salt import event\n@event('many.n{n}')\nclass Many:\n    n{n}: int\n",
            }
        )


def handle(c):
    """{"topic": …, "payload": …}: subscribes by the topic alone, and hands the
    payload to the handler."""
    got = []

    @subscribe(c["topic"])
    def handler(data):
        got.append(data.model_dump(mode="json"))

    handler.run(c["payload"])
    return got[0]


def publish(c):
    """{"module": …, "class": …}: what celery-salt does before each publish."""
    cls = getattr(sys.modules[c["module"]], c["class"])
    event_utils.ensure_schema_registered(
        topic=cls._celerysalt_topic,
        version=cls._celerysalt_version,
        schema_model=cls._celerysalt_model,
        publisher_class=cls,
    )


COMMANDS = {
    "load": load,
    "models": models,
    "many": many,
    "handle": handle,
    "publish": publish,
    "schema": lambda c: registry.get_schema(c["topic"], c.get("version", "latest")),
    "flush": lambda c: registry.flush(c["seconds"]),
    "health": lambda c: registry.health(),
}

with os.fdopen(3, "w") as out:
    for line in sys.stdin:
        command = json.loads(line)
        answer = {"n": command["n"]}
        try:
            answer["result"] = COMMANDS[command["do"]](command)
        except Exception as e:
            answer["error"] = f"{type(e).__name__}: {e}"
            traceback.print_exc()
        print(json.dumps(answer), file=out, flush=True)
