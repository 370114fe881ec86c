"""A Celery worker with celery-salt handlers. What it sees it reports to the Go
test as one JSON object a line on file descriptor 3."""

import json
import os
import sys

from celery.signals import worker_ready
from celery_salt import RPCError, create_topic_dispatcher, subscribe

import contract

app = contract.make_app()
create_topic_dispatcher(app)


def report(kind: str, **fields) -> None:
    os.write(3, (json.dumps({"kind": kind, **fields}) + "\n").encode())


@worker_ready.connect(weak=False)
def ready(**_):
    report("ready")


@subscribe(f"{contract.PREFIX}.order.placed")
def on_order(data):
    fields = data.model_dump()
    report(
        "order",
        fields=fields,
        # What JSON would hide: a Go integer must be an int for Python.
        types={name: type(value).__name__ for name, value in fields.items()},
    )


@subscribe(f"{contract.PREFIX}.math.divide")
def divide(data):
    if data.b == 0:
        raise RPCError(
            error_code="DIVISION_BY_ZERO",
            error_message="cannot divide by zero",
            details={"a": data.a},
        )
    return contract.DivideResponse(quotient=data.a // data.b, remainder=data.a % data.b)


@subscribe(f"{contract.PREFIX}.text.upper")
def upper(data):
    raise RuntimeError("no upper case today")


if __name__ == "__main__":
    app.worker_main(
        ["worker", "-P", "solo", "-l", "WARNING", "--without-gossip", "--without-mingle", "-n", f"{contract.PREFIX}@localhost"]
        + sys.argv[1:]
    )
