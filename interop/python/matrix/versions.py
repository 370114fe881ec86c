"""One topic, several versions: who gets what."""

import celery_salt
from celery_salt import event, subscribe
from pydantic import BaseModel

from matrix.report import seen

SaltEvent = getattr(celery_salt, "SaltEvent", None)
TOPICS = ["version.py"]
EVENTS = {}


def of_version(topic, version):
    @event(topic, version=version)
    class Versioned:
        tag: str
        n: int = 0

    return Versioned


for v in ("v1", "v2", "v10"):
    of_version("version.py", v)
    EVENTS[f"version.go {v}"] = of_version("version.go", v)

if SaltEvent:

    class VersionClass(SaltEvent):
        class Schema(BaseModel):
            tag: str
            n: int = 0

        class Meta:
            topic = "version.py.class"
            version = "v2"

    TOPICS.append("version.py.class")


def handlers():
    # Three functions of three names: the name is the task's.
    @subscribe("version.py", version="v1")
    def since_v1(data):
        seen("version.py v1", data)

    @subscribe("version.py", version="v2")
    def since_v2(data):
        seen("version.py v2", data)

    @subscribe("version.py")
    def any_version(data):
        seen("version.py latest", data)

    if SaltEvent:

        @subscribe(VersionClass)
        def on_class(e):
            seen("version.py.class v2", e)
