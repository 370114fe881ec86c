"""What the Go test tells this process, and the Celery apps made from it."""

import os

from celery import Celery
from kombu import Exchange, Queue, binding

BROKER = os.environ["MATRIX_BROKER"]  # a virtual host of this configuration
RESULTS = {"rpc": "rpc://", "redis": os.environ["SALT_TEST_REDIS_URL"]}[os.environ["MATRIX_RESULTS"]]
QUEUE = os.environ.get("MATRIX_QUEUE", "python")
EXCHANGE = Exchange("tchu_events", type="topic", durable=True)


def make_app(dispatcher, topics=(), protocol=2):
    """An app whose queue is bound to the topics.

    celery-salt's setup_salt_queue makes no topic bindings in its older releases
    (PROTOCOL.md, section 1), so working services write them down.
    """
    app = Celery("matrix", broker=BROKER, backend=RESULTS)
    app.conf.update(
        task_queues=[
            Queue(QUEUE, exchange=EXCHANGE, bindings=[binding(EXCHANGE, routing_key=t) for t in topics])
        ],
        task_default_queue=QUEUE,
        task_routes={
            dispatcher: {"exchange": "tchu_events", "exchange_type": "topic", "routing_key": dispatcher}
        },
        task_protocol=protocol,
        broker_connection_retry_on_startup=True,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
    )
    return app
