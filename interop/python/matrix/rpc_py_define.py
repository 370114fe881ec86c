"""Makes request classes of either style from tables of members, because the
groups of Python's calls need many of them."""

import celery_salt
from celery_salt import event
from pydantic import create_model

SaltEvent = getattr(celery_salt, "SaltEvent", None)


def simple(topic, request, response=None, error=None, version="v1", name="Asked"):
    """A class for @event with its response and error. Members are name ->
    annotation, or a pair of annotation and default."""
    asked = event(topic, mode="rpc", version=version)(_plain(name, request))
    if response is not None:
        event.response(topic, version=version)(_plain("Response", response))
    if error is not None:
        event.error(topic, version=version)(_plain("Error", error))
    return asked


def class_style(topic_, request, response=None, error=None, version_="v1", name="Asked"):
    """The same as a SaltEvent, with the same schema. The response may be a model of
    its own, for lists."""

    class Meta:
        topic = topic_
        mode = "rpc"
        version = version_

    members = {"Schema": _model(name, request), "Meta": Meta}
    for part, fields in (("Response", response), ("Error", error)):
        if isinstance(fields, dict):
            members[part] = _model(part, fields)
        elif fields is not None:
            members[part] = fields
    return type(name, (SaltEvent,), members)


def _plain(name, fields):
    members = {"__annotations__": {}}
    for member, annotation in fields.items():
        if isinstance(annotation, tuple):
            annotation, members[member] = annotation
        members["__annotations__"][member] = annotation
    return type(name, (), members)


def _model(name, fields):
    return create_model(name, **{m: a if isinstance(a, tuple) else (a, ...) for m, a in fields.items()})
