"""Where a class or a handler stands in its source. Nothing here ever fails."""

from __future__ import annotations

import inspect
import linecache
import os
import re
import sys
from types import CodeType, FrameType
from typing import Any


def of_class(module: str, name: str) -> str:
    """file:line of a class that is being defined further up the stack, or that
    its module holds; "" if it cannot be told."""
    try:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_globals.get("__name__") == module:
                path = frame.f_code.co_filename
                return _place(path, _class_line(path, frame.f_lineno, name))
            frame = frame.f_back
        found: Any = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type):
            source = inspect.getsourcefile(found)
            return _place(source, inspect.getsourcelines(found)[1]) if source else ""
    except Exception:
        pass
    return ""


def of_code(code: CodeType) -> str:
    """file:line of a function."""
    try:
        return _place(code.co_filename, code.co_firstlineno)
    except Exception:
        return ""


def caller(depth: int) -> FrameType | None:
    """A frame up the stack, None if there is none."""
    try:
        return sys._getframe(depth + 1)
    except Exception:
        return None


def _class_line(path: str, line: int, name: str) -> int:
    """A decorator runs at its own line; the class is some lines further down."""
    wanted = re.compile(rf"\s*class\s+{re.escape(name)}\b")
    for n in range(line, line + 100):
        text = linecache.getline(path, n)
        if wanted.match(text):
            return n
        if not text:
            break
    return line


def _place(path: str, line: int) -> str:
    if path.startswith("<"):
        return ""
    path = os.path.abspath(path)
    # Relative to where the program runs or was imported from: the directory of
    # a machine tells nobody anything.
    for root in [os.getcwd(), *sorted(filter(None, sys.path), key=len, reverse=True)]:
        root = os.path.abspath(root)
        if root != os.sep and path.startswith(root + os.sep):
            path = os.path.relpath(path, root)
            break
    return f"{path}:{line}"
