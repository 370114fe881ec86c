"""Runs celery-salt in one process, on Celery's in-memory broker.

Every Python program of the migration guide imports this first. None needs a
server, and `python simple.py` prints what stands under "# Output:" in its file.
"""

import threading
from contextlib import contextmanager

from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from celery.worker import state
from celery_salt import create_topic_dispatcher, get_subscribed_routing_keys
from kombu import Exchange, Queue, binding

EXCHANGE = Exchange("tchu_events", type="topic", durable=True)

app = Celery("guide", broker="memory://", backend="cache+memory://")
app.conf.update(
    broker_transport_options={"polling_interval": 0.01},
    task_routes={"celery_salt.dispatch_event": {"exchange": "tchu_events", "exchange_type": "topic"}},
    worker_redirect_stdouts=False,
)
app.set_default()
dispatcher = create_topic_dispatcher(app)


@contextmanager
def worker():
    """A Celery worker with every handler subscribed so far.

    Yields a function that waits until that many handlers of events have ended.
    """
    bindings = [binding(EXCHANGE, routing_key=key) for key in get_subscribed_routing_keys()]
    app.conf.update(
        task_queues=[Queue("guide", exchange=EXCHANGE, bindings=bindings)],
        task_default_queue="guide",
    )
    ended = threading.Semaphore(0)

    @task_postrun.connect(weak=False)
    def count(task=None, **_):
        if task.name != dispatcher.name:
            ended.release()

    def wait(handlers=1):
        for _ in range(handlers):
            assert ended.acquire(timeout=30), "a handler did not end within 30 s"

    with start_worker(app, perform_ping_check=False, pool="solo", loglevel="CRITICAL"):
        yield wait
        # Asked to end, the worker waits twice for one more message, 2 s each.
        state.should_terminate = 0
        for _ in range(2):
            app.send_task("guide.wake", exchange="", routing_key="guide")


@contextmanager
def tap(topic):
    """Yields a function that returns the next message published on topic."""
    with app.connection_for_read() as connection:
        queue = Queue(f"tap.{topic}", exchange=EXCHANGE, routing_key=topic)(connection.default_channel)
        queue.declare()
        yield lambda: queue.get(no_ack=True)
