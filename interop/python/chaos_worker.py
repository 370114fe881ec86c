"""The Celery worker of the chaos test, which is killed and started again.

With CHAOS_ACKS=late it acknowledges after the task, and waits for the broker's
confirm of what it publishes itself: then nothing is lost with it. With
CHAOS_ACKS=early it does as Celery does unless told otherwise.
"""

import os
import random
import sys
import time

from celery import signals
from celery_salt import RPCError, create_topic_dispatcher, subscribe

import chaos_contract as contract
from chaos_contract import note

LATE = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "broker_transport_options": {"confirm_publish": True},
}

contract.begin()
app = contract.make_app(**(LATE if os.environ["CHAOS_ACKS"] == "late" else {}))
create_topic_dispatcher(app)


@signals.worker_ready.connect(weak=False)
def ready(**_):
    note("ready", "-")


@signals.task_received.connect(weak=False)
def received(request=None, **_):
    note("received", request.id)


@signals.task_prerun.connect(weak=False)
def begun(task_id=None, **_):
    note("begun", task_id)


@signals.task_postrun.connect(weak=False)
def ended(task_id=None, state=None, retval=None, **_):
    wrong = state != "SUCCESS" or isinstance(retval, dict) and any(r["status"] == "error" for r in retval.get("results", []))
    note("failed" if wrong else "ended", task_id, str(retval) if wrong else "")


def work(data) -> str:
    time.sleep(random.uniform(0, 0.004))
    return "true" if contract.crc(data.blob) == data.sum else "false"


@subscribe(f"{contract.PREFIX}.to.python")
def on_event(data):
    note("handled", data.token, work(data))


@subscribe(f"{contract.PREFIX}.ask.python")
def on_ask(data):
    note("answering", data.token, work(data))
    if data.fail:
        raise RPCError(error_code="ASKED_FOR", error_message=data.token, details={})
    return contract.AskPythonResponse(token=data.token, sum=data.sum)


if __name__ == "__main__":
    # The node's name is new each time: the old one's remote control queue is
    # exclusive, and the broker may not have noticed yet that it is dead.
    app.worker_main(
        ["worker", "-l", "ERROR", "--without-gossip", "--without-mingle", "-n", f"{contract.PREFIX}-{os.getpid()}@localhost"]
        + sys.argv[1:]
    )
