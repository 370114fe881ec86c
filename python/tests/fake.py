"""A registry that follows Salt's HTTP API as far as the adapter uses it, and
misbehaves on demand."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

DRIP, HANG, GARBAGE, HTML, CLOSE, HUGE, DEEP, REDIRECT = "drip hang garbage html close huge deep redirect".split()


class Fake:
    """with Fake() as fake: fake.url"""

    def __init__(self, port: int = 0, tls: Any = None) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.participants: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.connections = 0
        self.fault: Any = None  # a status, (status, body, headers), or one of the names above
        self.faults: dict[str, Any] = {}  # the same for paths that begin so
        self.released = threading.Event()  # ends what hangs and drips
        self.keep_alive = True
        self.lock = threading.Lock()
        self._port = port
        self._tls = tls
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Fake:
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def start(self) -> None:
        fake = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128
            open: set[socket.socket] = set()

            def process_request(self, request: Any, address: Any) -> None:
                fake.connections += 1
                self.open.add(request)
                super().process_request(request, address)

            def shutdown_request(self, request: Any) -> None:
                self.open.discard(request)
                super().shutdown_request(request)

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # one write, or Nagle's algorithm waits

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                fake.answer(self)

            do_POST = do_GET

        Server.open = set()
        self._server = Server(("127.0.0.1", self._port), Handler)
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """As a kill: open connections end, too."""
        self.released.set()
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        for sock in list(self._server.open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._server = None

    def asked(self, path: str) -> list[Any]:
        """The bodies of the requests to a path."""
        with self.lock:
            return [body for _, p, _, body in self.requests if urlsplit(p).path == path]

    def answer(self, h: BaseHTTPRequestHandler) -> None:
        data = h.rfile.read(int(h.headers.get("Content-Length") or 0))
        body = json.loads(data) if data else None
        with self.lock:
            self.requests.append((h.command, h.path, dict(h.headers), body))
        with self.lock:
            fault = next((f for begin, f in self.faults.items() if h.path.startswith(begin)), self.fault)
            if isinstance(fault, list):  # one after the other
                fault = fault.pop(0) if fault else None
        if callable(fault):
            fault = fault(body)
        if fault is not None:
            self._misbehave(h, fault)
            return
        with self.lock:
            status, value = self._route(h.command, h.path, body)
        self._send(h, status, value)

    def _send(self, h: BaseHTTPRequestHandler, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        h.send_response(status)
        for k, v in (headers or {}).items():
            h.send_header(k, v)
        if status != 204:
            h.send_header("Content-Length", str(len(data)))
        if not self.keep_alive:
            h.close_connection = True  # without a word: the client finds out
        h.end_headers()
        h.wfile.write(data)

    def _misbehave(self, h: BaseHTTPRequestHandler, fault: Any) -> None:
        if isinstance(fault, int):
            self._send(h, fault, {"error": f"fault {fault}"})
        elif isinstance(fault, tuple):
            self._send(h, *fault)
        elif fault == HANG:
            self.released.wait(60)
            h.close_connection = True
        elif fault == DRIP:
            for c in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nX-Long: " + b"x" * 1000:
                h.wfile.write(bytes([c]))
                h.wfile.flush()
                if self.released.wait(0.02):
                    break
            h.close_connection = True
        elif fault == GARBAGE:
            h.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n")
            h.close_connection = True
        elif fault == HTML:
            self._send(h, 200, b"<html>welcome</html>")
        elif fault == HUGE:
            self._send(h, 200, b" " * (17 << 20))
        elif fault == DEEP:
            self._send(h, 200, b"[" * 200_000)
        elif fault == REDIRECT:
            self._send(h, 307, None, {"Location": "http://127.0.0.1:1/"})
        else:
            h.close_connection = True  # CLOSE

    def _route(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(path)
        words = [unquote(w) for w in parts.path.strip("/").split("/")]
        match (method, *words):
            case ("GET", "v1", "health"):
                return 200, {"status": "ok"}
            case ("POST", "v1", "register"):
                return self._register(body["specs"])
            case ("POST", "v1", "seen"):
                self.participants += body["participants"]
                return 204, None
            case ("GET", "v1", "topics"):
                prefix = parse_qs(parts.query).get("prefix", [""])[0]
                return 200, [{"topic": t} for t in sorted({t for t, _ in self.records}) if t.startswith(prefix)]
            case ("GET", "v1", "topics", topic, "versions", version):
                have = [v for t, v in self.records if t == topic]
                if version == "latest" and have:
                    version = max(have, key=lambda v: int(v.lstrip("v")))
                record = self.records.get((topic, version))
                return (200, record) if record else (404, {"error": "not found"})
        return 404, {"error": "no such route"}

    def _register(self, specs: list[dict[str, Any]]) -> tuple[int, Any]:
        results = []
        for spec in specs:
            key = (spec["topic"], spec["version"])
            have = self.records.get(key)
            if have is not None and meaning(have["schema"]) != meaning(spec["schema"]):
                return 409, {"error": "conflict", "conflict": conflict(have, spec)}
            results.append({"topic": key[0], "version": key[1], "action": "unchanged" if have else "create"})
            if have is None:
                self.records[key] = {**spec, "number": 1, "schema_id": 1}
        return 200, {"results": results}


def meaning(value: Any) -> Any:
    """A schema without what people read."""
    if isinstance(value, dict):
        return {k: meaning(v) for k, v in value.items() if k not in ("title", "description")}
    return value


def conflict(have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    a, b = have["schema"].get("properties", {}), want["schema"].get("properties", {})
    differences = [
        {
            "path": f"/properties/{n}/type",
            "have": json.dumps(a.get(n, {}).get("type")),
            "want": json.dumps(b.get(n, {}).get("type")),
        }
        for n in sorted({*a, *b})
        if meaning(a.get(n)) != meaning(b.get(n))
    ]
    return {
        "topic": want["topic"],
        "version": want["version"],
        "part": "payload",
        "have": "shop.Order at shop.go:7",
        "want": f"{want.get('type')} at {want.get('source')}",
        "differences": differences,
    }
