"""Another service on the topics, that handles none of them:
python -m matrix.rpc_go_service idle|bare NODE TOPIC... The first has the
dispatcher, the second has not even that."""

import json
import sys

from celery.signals import task_prerun, task_unknown, worker_ready
from celery_salt import create_topic_dispatcher
from kombu import Queue, binding

from matrix import groups, report, settings
from matrix.rpc_go_wait import wait_for

KIND, NODE, *TOPICS = sys.argv[1:]

app = settings.make_app(groups.DISPATCHER)
app.conf.task_queues = [
    Queue(NODE, exchange=settings.EXCHANGE, bindings=[binding(settings.EXCHANGE, routing_key=t) for t in TOPICS])
]
app.conf.task_default_queue = NODE
report.watch_dispatcher(groups.DISPATCHER)
if KIND == "idle":
    create_topic_dispatcher(app)


@task_prerun.connect(weak=False)
def held(args=None, kwargs=None, **_):
    if (kwargs or {}).get("routing_key") == "rpcgo.both.late":
        wait_for(json.loads(args[0])["gate"])


@task_unknown.connect(weak=False)
def unknown(id=None, **_):
    report.say("answered", id=id)


@worker_ready.connect(weak=False)
def ready(**_):
    report.say("ready", versions={})


if __name__ == "__main__":
    app.worker_main(
        ["worker", "-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat", "-n", NODE + "@localhost", "-P", "solo"]
    )
