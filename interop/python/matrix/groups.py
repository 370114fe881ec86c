"""The groups of cells, each a module. A group has

TOPICS      the binding keys of the worker's queue that its handlers need
EVENTS      name -> event class (either style), for the driver's commands
handlers()  subscribes; called in the worker only
COMMANDS    name -> function(driver command) for what the driver's own commands
            (publish, call, send) can not do

all but handlers() optional. Add a module to the list of its package below.
"""

from importlib import import_module, metadata

SALT = ["events_simple", "events_class", "kinds", "versions", "delivery", "wildcards", "rpc", "rpc_calls", "rpc_go", "rpc_go_errors", "rpc_go_wait", "rpc_py_styles", "rpc_py_values", "rpc_py_answers"]
TCHU = ["tchu"]


def installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


DIALECT = "celery_salt" if installed("celery-salt") else "tchu_tchu"
DISPATCHER = DIALECT + ".dispatch_event"


def load():
    names = SALT if DIALECT == "celery_salt" else TCHU
    return [import_module("matrix." + name) for name in names]


def topics(groups):
    return sorted({t for g in groups for t in getattr(g, "TOPICS", ())})


def named(groups, what):
    """The dicts called what of all groups, as one."""
    return {k: v for g in groups for k, v in getattr(g, what, {}).items()}


def versions():
    import platform

    packages = ["celery", "kombu", "celery-salt", "tchu-tchu", "pydantic", "redis", "amqp", "opentelemetry-api"]
    found = {p: installed(p) for p in packages}
    return {"python": platform.python_version(), **{p: v for p, v in found.items() if v}}
