"""The old service of replace_test.go: a Celery worker on RabbitMQ.

Prints what it handles. "unbind" and "bind" on its standard input do what
switch.py does; the end of the input ends it.
"""

import os
import signal
import sys
import threading

from celery import Celery
from celery.signals import worker_ready
from celery_salt import event, subscribe
from celery_salt.django import setup_salt_queue
from switch import bind, unbind

QUEUE, TOPIC = os.environ["GUIDE_QUEUE"], os.environ["GUIDE_TOPIC"]

app = Celery(QUEUE, broker=os.environ["SALT_TEST_AMQP_URL"], backend="rpc://")
app.conf.update(worker_redirect_stdouts=False, broker_connection_retry_on_startup=True)
setup_salt_queue(app, queue_name=QUEUE, subscriber_modules=[])
app.set_default()


def say(line):  # print, from two threads, would mix their lines
    os.write(1, f"{line}\n".encode())


@event(TOPIC)
class Numbered:
    n: int


@subscribe(TOPIC)
def handle(data: Numbered):
    say(f"handled {data.n}")


@worker_ready.connect(weak=False)
def ready(**_):
    say("ready")


def obey():
    for line in sys.stdin:
        {"bind": bind, "unbind": unbind}[line.strip()](app, QUEUE, [TOPIC])
        say("done")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=obey, daemon=True).start()
    app.worker_main(["--quiet", "worker", "-P", "solo", "-l", "WARNING", "--without-gossip", "--without-mingle", "-n", f"{QUEUE}@localhost"])
