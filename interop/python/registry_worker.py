"""A Celery worker that knows a topic and nothing else: the schema comes from
Salt's registry. registry_worker.py URL TOPIC QUEUE. Descriptor 3 gets "ready"
and then each event as a line of JSON."""

import json
import os
import sys
import threading

from celery import Celery, signals
from celery_salt import create_topic_dispatcher, subscribe
from celery_salt.core.registry import set_schema_registry
from kombu import Exchange, Queue, binding
from salt_registry import SaltRegistry

URL, TOPIC, QUEUE = sys.argv[1:4]
EXCHANGE = Exchange("tchu_events", type="topic", durable=True)

registry = SaltRegistry(URL, service="worker", timeout=20)
set_schema_registry(registry)

app = Celery("registry", broker=os.environ["SALT_TEST_AMQP_URL"])
app.conf.update(
    task_queues=[Queue(QUEUE, exchange=EXCHANGE, bindings=[binding(EXCHANGE, routing_key=TOPIC)])],
    task_default_queue=QUEUE,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
)
app.set_default()
create_topic_dispatcher(app)


@subscribe(TOPIC)
def bill(order):
    say({"pid": os.getpid(), **order.model_dump(mode="json")})


def say(value) -> None:
    os.write(3, (json.dumps(value) + "\n").encode())


@signals.worker_ready.connect(weak=False)
def ready(**_):
    say("ready")


def end_with_parent():
    os.read(0, 1)
    os._exit(3)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    app.worker_main(
        [
            "worker",
            "-l",
            "ERROR",
            "--without-gossip",
            "--without-mingle",
            "--pool",
            "prefork",
            "-c",
            "2",
            "-n",
            f"{QUEUE}@localhost",
        ]
    )
