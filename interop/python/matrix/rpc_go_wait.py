"""Requests of Go callers that wait: for a handler, for one service of several,
for a worker that is busy. rpc_go_service.py is the other service."""

import os
import time
import uuid

from celery_salt import event, subscribe
from celery_salt.utils.json_encoder import dumps_message

from matrix import groups, settings
from matrix.report import seen

TOPICS = ["rpcgo.slow", "rpcgo.both.idle", "rpcgo.both.bare", "rpcgo.both.late"]
PATIENCE = 20  # seconds

for _topic in TOPICS:

    @event(_topic, mode="rpc")
    class Gated:
        tag: str
        gate: str


def wait_for(file):
    """Waits for the file, or for the end of the cell, which removes its folder."""
    end = time.monotonic() + PATIENCE
    while os.path.exists(os.path.dirname(file)) and not os.path.exists(file) and time.monotonic() < end:
        time.sleep(0.005)


def gated(topic):
    def wait(data):
        seen(topic, data)
        if topic != "rpcgo.both.late":  # there the other service waits
            wait_for(data.gate)
        return {"handler": topic}

    return wait


def handlers():
    for topic in TOPICS:
        subscribe(topic)(gated(topic))


def expiring(c):
    """{"topic": …, "payload": …, "expires": seconds}: a request as call_rpc sends
    it, with Celery's option expires, which 1.0.0 does not hand on."""
    body = dumps_message({**c["payload"], "_tchu_meta": {"is_rpc": True}})
    result = settings.make_app(groups.DISPATCHER).send_task(
        groups.DISPATCHER,
        args=[body],
        kwargs={"routing_key": c["topic"]},
        routing_key=c["topic"],
        task_id=str(uuid.uuid4()),
        expires=c["expires"],
    )
    return {"id": result.id}


COMMANDS = {"rpc_go expiring": expiring}
