"""Import generated modules under the real celery-salt and tell what it makes of them.

Reads one JSON object per line from standard input: name, source, payloads (a list of
JSON texts for the module's first event, or for its response if part says so). Answers each with one line on file descriptor 3.
"""

import importlib.util
import json
import logging
import os
import sys
import traceback
import types
import warnings

import pydantic.networks
from celery_salt.core import decorators, registry
from celery_salt.integrations import producer
from celery_salt.utils.json_encoder import dumps_message

logging.disable(logging.CRITICAL)
if importlib.util.find_spec("email_validator") is None:
    # The schema of an address needs no validator, only its presence is checked.
    pydantic.networks.import_email_validator = lambda: None
    pydantic.networks.email_validator = types.SimpleNamespace(
        EmailNotValidError=ValueError,
        validate_email=lambda email, **options: types.SimpleNamespace(normalized=email, local_part=email),
    )


class Recorder(registry.InMemorySchemaRegistry):
    def __init__(self):
        super().__init__()
        self.events = []

    def register_schema(self, **spec):
        created = super().register_schema(**spec)
        if created["created"]:
            self.events.append(spec)
        return created


sent = []


def keep(topic, data, **options):
    sent.append(json.loads(dumps_message(data)))


def told(exception):
    return "".join(traceback.format_exception_only(exception)).strip()[:400]


def attempt(function):
    try:
        return {"ok": True, "value": function()}
    except Exception as e:
        return {"ok": False, "error": told(e)}


def find(module, spec):
    for cls in vars(module).values():
        meta = vars(cls).get("Meta") if isinstance(cls, type) else None
        topic = getattr(meta, "topic", None) or getattr(cls, "_celerysalt_topic", None)
        version = getattr(meta, "version", None) or getattr(cls, "_celerysalt_version", None)
        if (topic, version) == (spec["topic"], spec["version"]):
            return cls
    raise LookupError(spec["topic"])


def try_payload(module, spec, payload, part):
    cls = find(module, spec)
    derived = hasattr(cls, "Schema")
    model = cls.Schema if derived else cls._celerysalt_model
    if part == "response":
        return {"accepted": attempt(lambda: cls.Response.model_validate(payload) and None)}

    def publish():
        sent.clear()
        if spec["mode"] == "rpc":
            cls(**payload).call() if derived else cls.call(**payload)
        else:
            cls(**payload).publish() if derived else cls.publish(**payload)
        return sent[0]

    def subscribe():
        warnings.simplefilter("ignore")  # celery-salt's own model
        rebuilt = decorators._create_model_from_schema(spec["schema"])(**payload)
        if derived:
            cls(**rebuilt.model_dump())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return {
            "accepted": attempt(lambda: model.model_validate(payload) and None),
            "sent": attempt(publish),
            "subscribed": attempt(subscribe),
        }


def answer(request):
    recorder = Recorder()
    registry.set_schema_registry(recorder)
    decorators._rpc_response_schemas.clear()
    decorators._rpc_error_schemas.clear()
    module = types.ModuleType(request["name"])
    sys.modules[request["name"]] = module
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile(request["source"], request["name"] + ".py", "exec"), module.__dict__)
        for name in module.__all__:
            getattr(module, name)
    events = []
    for spec in recorder.events:
        event = {k: spec.get(k) for k in ("topic", "version", "mode", "description", "schema")}
        cls = find(module, spec)
        if hasattr(cls, "Meta"):
            event["exchange"] = cls.Meta.exchange_name
            event["response"], event["error"] = spec["response_schema"], spec["error_schema"]
        else:
            event["exchange"] = cls._celerysalt_exchange
            for part, models in (
                ("response", decorators._rpc_response_schemas),
                ("error", decorators._rpc_error_schemas),
            ):
                model = models.get(spec["topic"])
                event[part] = model and model.model_json_schema()
        events.append(event)
    payloads = [
        try_payload(module, recorder.events[0], json.loads(p), request.get("part"))
        for p in request.get("payloads") or []
    ]
    return {
        "events": events,
        "payloads": payloads,
        "warnings": [str(w.message) for w in caught],
        "pwned": bool(os.environ.get("SALT_PWNED")),
        "reserved": sorted(n for n in dir(pydantic.BaseModel) if not n.startswith("_")),
    }


producer.publish_event = keep
producer.call_rpc = keep
out = os.fdopen(3, "w", encoding="utf-8")
for line in sys.stdin:
    request = json.loads(line)
    try:
        result = answer(request)
    except BaseException:
        result = {"failure": traceback.format_exc()[-3000:]}
    finally:
        sys.modules.pop(request["name"], None)
    out.write(json.dumps(result) + "\n")
    out.flush()
