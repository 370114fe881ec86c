"""HTTP to the registry: no request outlives its deadline, no token leaves."""

from __future__ import annotations

import encodings.idna  # noqa: F401 - a lookup in a thread must not import while a module is being imported
import http.client
import io
import json
import os
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from salt_registry.errors import SaltRegistryError, SaltRegistryRefused, SaltRegistryUnavailable

MAX_ANSWER = 16 << 20
_IDLE = 20.0  # seconds for which a connection may be used again
_KEPT = 4  # idle connections


class Answer:
    """A status, and the JSON of the body (None if it was none)."""

    __slots__ = ("status", "body", "retry_after")

    def __init__(self, status: int, body: Any, retry_after: float | None) -> None:
        self.status = status
        self.body = body
        self.retry_after = retry_after

    def error(self) -> str:
        text = self.body.get("error") if isinstance(self.body, dict) else None
        return str(text)[:2000] if text else http.client.responses.get(self.status, "")


class Client:
    """Requests to one registry. Safe for threads; after a fork, call forget()."""

    def __init__(
        self,
        url: str,
        token: str | None,
        actor: str,
        timeout: float,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("the registry's URL must look like https://HOST[:PORT][/PATH]")
        if token is None:
            token = unquote(parts.password) if parts.password else os.environ.get("SALT_REGISTRY_TOKEN")
        token = (token or "").strip()
        if not all("!" <= c <= "~" for c in token):
            raise ValueError("the registry's token has characters that no header may have")
        if timeout <= 0:
            raise ValueError("timeout must be positive seconds")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._path = parts.path.rstrip("/")
        self._tls = (ssl_context or ssl.create_default_context()) if parts.scheme == "https" else None
        self.timeout = timeout
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{self._path}"
        self.clear_text = bool(token) and self._tls is None and self._host not in ("localhost", "127.0.0.1", "::1")
        self._headers = {
            "Accept": "application/json",
            "User-Agent": "salt-registry-python",
            "X-Salt-Actor": "".join(c if " " <= c <= "~" else "?" for c in actor),
        }
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._idle: deque[tuple[http.client.HTTPConnection, float]] = deque()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def forget(self) -> None:
        """Drops the connections, which a forked child must not share."""
        while self._idle:
            try:
                self._idle.pop()[0].close()
            except (IndexError, OSError):
                pass

    def bounded(self, method: str, path: str, body: bytes | None = None, timeout: float | None = None) -> Answer:
        """As request, and not even a name server holds up the caller for longer."""
        limit = timeout or self.timeout
        done = threading.Event()
        result: list[Answer] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                result.append(self.request(method, path, body, limit))
            except BaseException as e:
                failure.append(e)
            done.set()

        try:
            threading.Thread(target=run, name="salt-registry-request", daemon=True).start()
        except RuntimeError:  # no new threads while the interpreter ends
            return self.request(method, path, body, limit)
        if not done.wait(limit + 0.05):
            raise self._away(f"no answer within {limit:g} s")
        if failure:
            raise failure[0]
        return result[0]

    def request(self, method: str, path: str, body: bytes | None = None, timeout: float | None = None) -> Answer:
        """One request. Everything by which the registry is not there raises
        SaltRegistryUnavailable; 401, 403, 413 and other refusals raise
        SaltRegistryRefused; 2xx, 404 and 409 are returned."""
        deadline = time.monotonic() + (timeout or self.timeout)
        try:
            answer = self._exchange(method, path, body, deadline)
        except TimeoutError:
            raise self._away(f"no answer within {timeout or self.timeout:g} s") from None
        except ssl.SSLCertVerificationError as e:
            raise self._away(f"its certificate is not trusted ({e.verify_message}); pass ssl_context") from None
        except (OSError, http.client.HTTPException) as e:
            raise self._away(f"{type(e).__name__}: {e}") from None
        return self._judge(answer)

    def _judge(self, a: Answer) -> Answer:
        if a.status in (200, 204, 404, 409):
            if a.status == 200 and a.body is None:
                raise self._away("the answer is not JSON; is this the address of a Salt registry?")
            return a
        if a.status == 401:
            raise SaltRegistryRefused(
                f"the registry {self.url} does not know the token (401 {a.error()}); "
                "pass token=… or set SALT_REGISTRY_TOKEN; `salt registry token NAME --write` makes one",
                401,
            )
        if a.status == 403:
            raise SaltRegistryRefused(
                f"the token may not do this at the registry {self.url} (403 {a.error()}); "
                "it needs write access and a prefix that covers the topic",
                403,
            )
        if a.status == 413:
            raise SaltRegistryRefused(
                f"too large for the registry {self.url} (413 {a.error()}); see its --max-body", 413
            )
        if 300 <= a.status < 400:
            raise self._away(f"it answers with a redirect ({a.status}); use the address that it redirects to")
        if 400 <= a.status < 500 and a.status not in (408, 425, 429):
            raise SaltRegistryRefused(f"the registry {self.url} refuses: {a.status} {a.error()}", a.status)
        raise self._away(f"{a.status} {a.error()}", a.retry_after, failed=a.status == 500)

    def _away(self, why: str, retry_after: float | None = None, failed: bool = False) -> SaltRegistryUnavailable:
        return SaltRegistryUnavailable(
            f"the schema registry {self.url} is not available: {why}", retry_after=retry_after, failed=failed
        )

    def _exchange(self, method: str, path: str, body: bytes | None, deadline: float) -> Answer:
        while True:
            conn, used = self._take(deadline)
            try:
                return self._over(conn, method, path, body, deadline)
            except (http.client.RemoteDisconnected, ConnectionError):
                conn.close()
                if not used:
                    raise
                # The server has closed an idle connection; every request may be repeated.
            except BaseException:
                conn.close()
                raise

    def _over(
        self, conn: http.client.HTTPConnection, method: str, path: str, body: bytes | None, deadline: float
    ) -> Answer:
        if isinstance(conn.sock, _Bounded):
            conn.sock.deadline = deadline
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            conn.request(method, self._path + path, body=body, headers=headers)
        except (BrokenPipeError, ConnectionResetError) as e:
            # A server that refuses a body answers without reading all of it.
            try:
                response = conn.getresponse()
            except (OSError, http.client.HTTPException):
                raise e from None
        else:
            response = conn.getresponse()
        data = response.read(MAX_ANSWER + 1)
        if len(data) > MAX_ANSWER:
            raise SaltRegistryError(f"the answer of the registry {self.url} has more than {MAX_ANSWER} bytes")
        if response.will_close or not response.isclosed() or len(self._idle) >= _KEPT:
            conn.close()
        else:
            self._idle.append((conn, time.monotonic()))
        try:
            parsed = json.loads(data) if data else None
        except (ValueError, RecursionError):
            parsed = None
        return Answer(response.status, parsed, _seconds(response.getheader("Retry-After")))

    def _take(self, deadline: float) -> tuple[http.client.HTTPConnection, bool]:
        while True:
            try:
                conn, since = self._idle.pop()
            except IndexError:
                break
            if time.monotonic() - since < _IDLE:
                return conn, True
            conn.close()
        fresh = http.client.HTTPConnection(self._host, self._port)
        fresh.default_port = 80 if self._tls is None else 443
        fresh.sock = _Bounded(self._dial(deadline), deadline)
        return fresh, False

    def _dial(self, deadline: float) -> socket.socket:
        last: OSError = OSError("the name has no address")
        for family, kind, proto, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, proto)
            try:
                sock.settimeout(_left(deadline))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    return sock
                sock.settimeout(_left(deadline))
                return self._tls.wrap_socket(sock, server_hostname=self._host)
            except OSError as e:
                sock.close()
                last = e
            except BaseException:
                sock.close()
                raise
        raise last


class _Bounded:
    """A socket of which every operation ends by one deadline, however slowly
    the other side drips."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self.deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self.deadline))
        self._sock.sendall(data)

    def makefile(self, mode: str, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def receive(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self.deadline))
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._bounded.receive(buffer)


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline exceeded")
    return left


def _seconds(text: str | None) -> float | None:
    try:
        return min(max(float(text), 0.0), 300.0) if text else None
    except ValueError:
        return None
