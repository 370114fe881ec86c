"""The Python service: a Celery worker.

It ends when its standard input does, so it never outlives the Go program that
started it.
"""

import os
import signal
import sys
import threading

import celery_salt
from celery.signals import worker_ready
from contract import app


@worker_ready.connect(weak=False)
def ready(**_):
    print("is ready, with celery-salt", celery_salt.__version__, flush=True)


def end_with_stdin():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)  # Celery's warm shutdown


if __name__ == "__main__":
    threading.Thread(target=end_with_stdin, daemon=True).start()
    app.worker_main(["--quiet", "worker", "-P", "solo", "-l", "WARNING", "--without-gossip", "--without-mingle", "--purge", "-n", "examples-python@localhost"])
