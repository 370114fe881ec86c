"""A Celery worker with the handlers of all groups: python -m matrix.worker
ARGUMENT... of `celery worker`."""

import sys

from celery.signals import worker_ready

from matrix import groups, report, settings

loaded = groups.load()
app = settings.make_app(groups.DISPATCHER, groups.topics(loaded))
app.set_default()
report.watch_dispatcher(groups.DISPATCHER)

if groups.DIALECT == "celery_salt":
    from celery_salt import create_topic_dispatcher
else:
    from tchu_tchu import create_topic_dispatcher
create_topic_dispatcher(app)
for group in loaded:
    if hasattr(group, "handlers"):
        group.handlers()


@worker_ready.connect(weak=False)
def ready(**_):
    report.say("ready", versions=groups.versions())


if __name__ == "__main__":
    app.worker_main(
        ["worker", "-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"matrix-{settings.QUEUE}@localhost"]
        + sys.argv[1:]
    )
