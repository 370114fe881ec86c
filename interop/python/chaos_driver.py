"""Publishes events to the Go service, or calls it, at the pace of the test:
chaos_driver.py ROLE FIRST END SECONDS, where the numbers from FIRST to END are
spread over so many seconds. ROLE is events or calls."""

import sys
import time

from celery_salt.integrations.producer import publish_event

import chaos_contract as contract
from chaos_contract import note

CALL_TIMEOUT = 15

contract.begin()
app = contract.make_app(broker_transport_options={"confirm_publish": True})


def publish(i: int) -> None:
    protocol = 1 + i % 2
    token = f"{contract.PREFIX}-py{protocol}-{i:06d}"
    note("try", token)
    # With a broker_url it goes the way of serverless publishers: protocol 1.
    how = {"broker_url": contract.BROKER} if protocol == 1 else {}
    try:
        publish_event(f"{contract.PREFIX}.to.go", contract.new_load(token, i), version="v1", **how)
        note("sent", token)
    except Exception as e:  # the Go test decides what is a failure
        note("unknown", token, f"{type(e).__name__}: {e}")


def call(i: int) -> None:
    token = f"{contract.PREFIX}-pyask-{i:06d}"
    load = contract.new_load(token, i) | {"fail": i % 10 == 3}
    note("asked", token)
    begin = time.monotonic()
    try:
        reply = contract.AskGo(**load).call(timeout=CALL_TIMEOUT)
        data = reply.data
        if type(data).__name__ == "Error":
            right = load["fail"] and data.error_code == "ASKED_FOR" and data.error_message == token
            outcome = "refused" if right else "wrong"
        else:
            right = not load["fail"] and (data.token, data.sum) == (token, load["sum"])
            outcome = "answered" if right else "wrong"
        detail = "" if right else str(reply.payload)
    except Exception as e:
        outcome, detail = "error", f"{type(e).__name__}: {e}"
    note("outcome", token, f"{outcome} {time.monotonic() - begin:.3f} {detail}")


role, first, end, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
note("ready", "-")
start = time.monotonic()
for n, i in enumerate(range(first, end)):
    time.sleep(max(0, start + seconds * n / (end - first) - time.monotonic()))
    {"events": publish, "calls": call}[role](i)
note("published", "-")
sys.stdin.read()  # until it is killed
