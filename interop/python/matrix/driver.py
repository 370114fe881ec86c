"""Publishes and calls for the Go test: one JSON command a line on standard
input, {"n": number, "do": name, …}; one JSON answer a line on descriptor 3, in
any order, with the same n. Each command runs in a thread, so a call that waits
holds up nobody."""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from matrix import groups, settings
from matrix.values import fields, make, see

loaded = groups.load()
apps = {n: settings.make_app(groups.DISPATCHER, protocol=n) for n in (1, 2)}
apps[2].set_default()
EVENTS = groups.named(loaded, "EVENTS")
lock = threading.Lock()

if groups.DIALECT == "celery_salt":
    from celery_salt.integrations import producer
else:
    producer = None  # tchu-tchu: see the group's own commands


def publish(c):
    """{"event": name, "fields": …, "options": …}: publishes through the event
    class; with "kombu": true by the path of serverless publishers."""
    event, data, options = EVENTS[c["event"]], make(c.get("fields") or {}), make(c.get("options") or {})
    if c.get("kombu"):
        options["broker_url"] = settings.BROKER
    if hasattr(event, "Meta"):  # class style: the instance validates
        return {"id": event(**data).publish(**options)}
    return {"id": event.publish(**options, **data)}


def call(c):
    """{"event": name, "fields": …, "timeout": seconds, "options": …}: calls
    through the event class. Answers with the type and the fields of what came."""
    event, data, options = EVENTS[c["event"]], make(c.get("fields") or {}), make(c.get("options") or {})
    options.setdefault("timeout", c.get("timeout", 30))
    if hasattr(event, "Meta"):
        got = event(**data).call(**options)
        return {"wrapper": type(got).__name__, **_described(got.data)}
    return _described(event.call(**options, **data))


def _described(result):
    is_model = hasattr(type(result), "model_fields")
    return {"type": type(result).__name__, "result": fields(result) if is_model else see(result)}


def send(c):
    """{"topic": …, "payload": …, "options": …}: publish_event, without a class."""
    options = make(c.get("options") or {})
    if c.get("kombu"):
        options["broker_url"] = settings.BROKER
    return {"id": producer.publish_event(c["topic"], make(c.get("payload") or {}), **options)}


def request(c):
    """{"topic": …, "payload": …, "timeout": …, "options": …}: call_rpc."""
    options = make(c.get("options") or {})
    return {"result": see(producer.call_rpc(c["topic"], make(c.get("payload") or {}), timeout=c.get("timeout", 30), **options))}


def about(_):
    import redis

    info = redis.Redis.from_url(os.environ["SALT_TEST_REDIS_URL"]).info()
    return {"versions": groups.versions(), "redis": info["redis_version"]}


COMMANDS = {f.__name__: f for f in (publish, call, send, request, about)} | groups.named(loaded, "COMMANDS")


def span(c):
    """With "trace": {traceparent, tracestate}: a real span that continues it is
    current while the command runs, as instrumentation would have it."""
    if not c.get("trace"):
        return nullcontext()
    from opentelemetry import trace
    from opentelemetry.propagate import extract
    from opentelemetry.sdk.trace import TracerProvider

    return TracerProvider().get_tracer("matrix").start_as_current_span("publish", context=extract(c["trace"]))


def run(c):
    apps[c.get("protocol", 2)].set_current()
    try:
        with span(c) as s:
            answer = COMMANDS[c["do"]](c)
            if s is not None:
                answer["span"] = format(s.get_span_context().span_id, "016x")
    except BaseException as e:  # the Go test decides what is a failure
        answer = {"exception": type(e).__name__, "text": str(e)[:20000]}
    line = json.dumps({"n": c["n"], **answer}) + "\n"
    with lock:  # answers may be longer than one atomic write
        data = line.encode()
        while data:
            data = data[os.write(3, data) :]


with ThreadPoolExecutor(max_workers=32) as pool:
    for line in sys.stdin:
        pool.submit(run, json.loads(line))
