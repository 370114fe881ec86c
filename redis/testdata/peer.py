"""Celery's own Redis result backend, told by JSON lines what to do."""

import json
import os
import sys

from celery import Celery
from celery.app.task import Context
from celery.result import AsyncResult

app = Celery("peer", backend=os.environ["SALT_TEST_REDIS_URL"])
app.conf.result_backend_transport_options = json.loads(os.environ["PEER_OPTIONS"])
backend = app.backend


def subscribe(id):
    """What a caller does before it sends a request."""
    backend.result_consumer.consume_from(id)


def get(id):
    """What a caller does then; the exception's class and text if it failed."""
    result = AsyncResult(id, app=app).get(timeout=20, propagate=False)
    if isinstance(result, BaseException):
        return {"exception": type(result).__name__, "text": str(result)}
    return result


def store(id, state, result=None, exception=None):
    """What a worker does."""
    if exception is not None:
        result = ValueError(exception)
    backend.store_result(id, result, state, request=Context(id=id, children=[]))


for line in sys.stdin:
    order = json.loads(line)
    do = {"subscribe": subscribe, "get": get, "store": store}[order.pop("do")]
    print(json.dumps(do(**order)), flush=True)
