"""A Celery worker with celery-salt's dispatcher and one handler for everything
below the prefix of the run. What happens to each message it reports to the Go
test as one JSON object a line on file descriptor 3.

The handler stands in celery-salt's registry without a schema, because the
models that celery-salt makes of schemas drop the members they do not know.
"""

import hashlib
import json
import logging
import os
import struct
import sys
import threading

from celery import Celery, signals
from celery_salt import create_topic_dispatcher
from celery_salt.integrations.registry import get_handler_registry
from kombu import Exchange, Queue, binding

PREFIX = os.environ["INTEROP_PREFIX"]
QUEUE = PREFIX + ".python"
EXCHANGE = Exchange("tchu_events", type="topic", durable=True)
DISPATCHER = "celery_salt.dispatch_event"
current = None  # the running task's id; the handler of a request is no task of its own

app = Celery("fuzz", broker=os.environ["SALT_TEST_AMQP_URL"], backend="rpc://")
app.conf.update(
    task_queues=[Queue(QUEUE, exchange=EXCHANGE, bindings=[binding(EXCHANGE, routing_key=PREFIX + ".#")])],
    task_default_queue=QUEUE,
    broker_connection_retry_on_startup=True,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
)
app.set_default()
create_topic_dispatcher(app)
logging.disable(logging.WARNING)  # celery-salt logs every payload


def report(kind: str, **fields) -> None:
    line = (json.dumps({"kind": kind, **fields}) + "\n").encode()
    while line:
        line = line[os.write(3, line) :]


def tokens(value):
    """The value as a flat list of typed tokens. It does not recurse: nested
    deeper than Python's stack is something the test asks for."""
    stack = [("value", value)]
    while stack:
        what, v = stack.pop()
        if what == "token":
            yield v
        elif v is None or v is True or v is False:
            yield {None: "n", True: "t", False: "f"}[v]
        elif type(v) is int:
            yield "i" + str(v)
        elif type(v) is float:
            yield "d" + struct.pack(">d", v).hex()
        elif type(v) is str:
            yield "s" + v.encode("utf-8", "surrogatepass").hex()
        elif type(v) is list:
            yield "["
            stack.append(("token", "]"))
            stack.extend(("value", item) for item in reversed(v))
        elif type(v) is dict:
            yield "{"
            stack.append(("token", "}"))
            for key, item in reversed(v.items()):
                stack.append(("value", item))
                stack.append(("value", key))
        else:
            yield "?" + type(v).__name__


def echo(self, data):
    text = " ".join(tokens(data))
    digest = hashlib.sha256(text.encode()).hexdigest()
    report("handled", id=current, digest=digest, seen=text[:4000])
    return {name: v for name, v in data.items() if name != "_tchu_meta"}


get_handler_registry().register_handler(PREFIX + ".#", app.task(bind=True, name=f"celery_salt.{PREFIX}.echo")(echo), name="echo")


@signals.worker_ready.connect(weak=False)
def ready(**_):
    report("ready")


@signals.task_prerun.connect(weak=False)
def begun(task_id=None, task=None, kwargs=None, **_):
    global current
    current = task_id
    if task.name == DISPATCHER:
        report("begun", id=task_id, topic=kwargs.get("routing_key"))


@signals.task_postrun.connect(weak=False)
def ended(task_id=None, task=None, retval=None, **_):
    # The dispatcher swallows what goes wrong with a sub-task, but tells of it.
    if task.name == DISPATCHER and isinstance(retval, dict):
        wrong = [r for r in retval.get("results", []) if r.get("status") == "error"]
        if wrong or retval.get("status") != "completed":
            report("failed", id=task_id, error=str(wrong or retval)[:500])


@signals.task_failure.connect(weak=False)
def failed(task_id=None, exception=None, **_):
    report("failed", id=task_id, error=f"{type(exception).__name__}: {exception}"[:500])


@signals.task_rejected.connect(weak=False)
def rejected(message=None, exc=None, **_):
    report("rejected", id=str((message.headers or {}).get("id")), error=repr(exc)[:500])


@signals.task_unknown.connect(weak=False)
def unknown(message=None, exc=None, **_):
    report("rejected", id=str((message.headers or {}).get("id")), error=repr(exc)[:500])


@signals.task_revoked.connect(weak=False)
def revoked(request=None, **_):
    report("failed", id=request.id, error="revoked")


def end_with_parent():
    """A test that is killed closes the pipe; no worker outlives it."""
    sys.stdin.buffer.read()
    os._exit(3)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    app.worker_main(
        ["worker", "-P", "solo", "-l", "ERROR", "--without-gossip", "--without-mingle", "-n", f"{PREFIX}@localhost"] + sys.argv[1:]
    )
