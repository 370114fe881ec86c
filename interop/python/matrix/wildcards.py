"""Patterns. Up to 1.5 a pattern needs a schema registered under its own text;
1.6 lets everything through instead."""

from celery_salt import event, subscribe

from matrix.report import seen

TOPICS = ["wild.*.created", "wild.#"]
EVENTS = {}


def wild(topic):
    @event(topic)
    class Wild:
        tag: str

    return Wild


for topic in TOPICS:
    wild(topic)
for topic in ["wild.a.created", "wild.a.b.c", "wild", "pywild.a.created", "pywild.a.b.c", "pywild"]:
    EVENTS[topic] = wild(topic)


def handlers():
    @subscribe("wild.*.created")
    def on_star(data):
        seen("wild.*.created", data)

    @subscribe("wild.#")
    def on_hash(data):
        seen("wild.#", data)
