"""What this process tells the Go test: one JSON object a line on descriptor 3.

A line is one write of less than PIPE_BUF bytes, so those of prefork children and
of threads do not mix.
"""

import json
import os
import time

from celery import current_task
from celery.signals import task_failure, task_postrun, task_prerun, task_revoked

from matrix.values import fields, see

PIPE_BUF = 4096


def say(kind, **members):
    line = json.dumps({"kind": kind, **members}) + "\n"
    if len(line) >= PIPE_BUF:
        line = json.dumps({"kind": "too long", "id": members.get("id"), "what": line[:1000]}) + "\n"
    os.write(3, line.encode())


def message_id(task_id):
    """A broadcast's handler is a task of its own: <message id>:handler_<n>."""
    return (task_id or "").split(":")[0]


def seen(handler, argument):
    """Reports that a handler runs with the argument. Call it first in every
    handler."""
    data = getattr(argument, "data", argument)  # a SaltEvent wraps its model
    say(
        "seen",
        handler=handler,
        id=message_id(current_task.request.id) if current_task else None,
        tag=data.get("tag") if isinstance(data, dict) else getattr(data, "tag", None),
        arg=type(argument).__name__,
        fields=see(data) if isinstance(data, dict) else fields(data),
        meta=_meta(current_task.request) if current_task else None,
        at=time.time(),
    )


def _meta(request):
    """The _tchu_meta of the running task: the handler's own in a broadcast, the
    dispatcher's in a call."""
    try:
        body = request.args[0]
        if isinstance(body, str):
            body = json.loads(body)
        return body.get("_tchu_meta")
    except (IndexError, TypeError, ValueError, AttributeError):
        return None


_CELERYS = frozenset(
    """lang task id shadow eta expires group group_index retries timelimit root_id parent_id
    argsrepr kwargsrepr origin ignore_result replaced_task_nesting stamped_headers stamps
    compression errbacks callbacks chain chord args kwargs reply_to correlation_id hostname
    delivery_info properties headers is_eager called_directly utc children loglevel logfile
    stack stamping timestamp""".split()
)


def watch_dispatcher(name):
    """Reports what the dispatcher with this task name gets and returns, and every
    task that fails or is dropped."""

    def started(task=None, task_id=None, args=None, kwargs=None, **_):
        if task.name != name:
            return
        r = task.request
        info = r.delivery_info or {}
        extra = dict(r.headers or {})
        say(
            "dispatched",
            id=task_id,
            request={
                "args": [type(a).__name__ for a in args],
                "kwargs": see(kwargs),
                "priority": info.get("priority"),
                "exchange": info.get("exchange"),
                "routing_key": info.get("routing_key"),
                "redelivered": info.get("redelivered"),
                "correlation_id": r.correlation_id,
                "reply_to": bool(r.reply_to),
                "eta": see(r.eta),
                "expires": see(r.expires),
                "headers": {k: see(v) for k, v in extra.items() if k not in _CELERYS},
            },
        )

    def ended(task=None, task_id=None, retval=None, state=None, **_):
        if task.name == name:
            say("answered", id=task_id, state=state, answer=_short(retval))

    def failed(sender=None, task_id=None, exception=None, **_):
        say("failed", id=message_id(task_id), task=sender.name, exception=type(exception).__name__, text=str(exception)[:1500])

    def revoked(request=None, expired=None, **_):
        say("dropped", id=request.id, expired=bool(expired))

    for signal, receiver in (
        (task_prerun, started),
        (task_postrun, ended),
        (task_failure, failed),
        (task_revoked, revoked),
    ):
        signal.connect(receiver, weak=False)


def _short(answer):
    text = json.dumps(see(answer))
    return json.loads(text) if len(text) < PIPE_BUF // 2 else {"t": "long", "v": len(text)}
