"""Publishes and calls for the Go test: one JSON command a line on standard
input, one JSON answer a line on file descriptor 3."""

import json
import os
import sys

from celery_salt.integrations.producer import publish_event

import contract

app = contract.make_app()


def publish_class(fields):
    return {"id": contract.OrderShipped(**fields).publish()}


def publish_kombu(fields):
    # The path of serverless publishers: no Celery headers, protocol 1.
    data = contract.OrderShipped(**fields).to_dict()
    topic = contract.OrderShipped.Meta.topic
    return {"id": publish_event(topic, data, broker_url=os.environ["SALT_TEST_AMQP_URL"], version="v2")}


def call_quote(fields):
    reply = contract.Quote(**fields).call(timeout=20)
    return {"type": type(reply.data).__name__, "payload": reply.payload}


commands = {f.__name__: f for f in (publish_class, publish_kombu, call_quote)}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = commands[command["do"]](command.get("fields") or {})
    except Exception as e:  # the Go test decides what is a failure
        answer = {"exception": type(e).__name__, "message": str(e)}
    os.write(3, (json.dumps(answer) + "\n").encode())
