"""A web server on loopback that answers as a test says, well or badly."""

import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Request:
    """A request that arrived."""

    path: str
    headers: dict[str, str]


@dataclass
class Server:
    """Answers each path with what `answers` has for it: one after the other, the last again and again."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(lambda: [status(404)]))
    requests: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    @contextmanager
    def start(cls, tls: ssl.SSLContext | None = None) -> Iterator["Server"]:
        """Start one on a free port, and end it."""
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as http:
            if tls is not None:
                http.socket = tls.wrap_socket(http.socket, server_side=True)
            server = cls(f"{'http' if tls is None else 'https'}://localhost:{http.server_port}")
            http.RequestHandlerClass = _handler(server)
            http.handle_error = lambda *_: None  # type: ignore[method-assign] # clients that hang up are part of the tests
            thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            try:
                yield server
            finally:
                http.shutdown()
                thread.join()

    def add(self, path: str, *answers: Answer | bytes) -> str:
        """Answer a path; bytes are a file. Gives the URL."""
        self.answers[path] = [body(answer) if isinstance(answer, bytes) else answer for answer in answers]
        return self.url + path

    def count(self, path: str) -> int:
        """How often a path was asked for, whatever the query."""
        return len([request for request in self.requests if request.path.partition("?")[0] == path])

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Record a request and answer it."""
        path = handler.path.partition("?")[0]
        with self._lock:
            self.requests.append(Request(handler.path, dict(handler.headers)))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answers = self.answers[path]
            chosen = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            chosen(handler)
        finally:
            with self._lock:
                self._at_once -= 1


def body(content: bytes, *, length: int | None = None, code: int = 200, **headers: str) -> Answer:
    """A file; `length` is what is announced, if that is not its own. The connection ends after it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _begin(handler, code, {"Content-Length": str(len(content) if length is None else length), **_named(headers)})
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def status(code: int, **headers: str) -> Answer:
    """An answer without a file, after which the connection goes on."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _begin(handler, code, {"Content-Length": "0", **_named(headers)})

    return answer


def redirect(location: str, code: int = 302) -> Answer:
    """A redirect."""
    return status(code, Location=location)


def broken_chunks(handler: BaseHTTPRequestHandler) -> None:
    """A chunked file that ends in the middle of a chunk."""
    _begin(handler, 200, {"Transfer-Encoding": "chunked"})
    handler.wfile.write(b"10\r\nhalf")
    handler.close_connection = True


def dripping(pause: float) -> Answer:
    """A file that comes a byte at a time, with a pause before each, and never ends."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _begin(handler, 200, {"Content-Length": str(1 << 20)})
        for _ in range(1000):
            time.sleep(pause)
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A file without end, of unknown length."""
    _begin(handler, 200, {"Transfer-Encoding": "chunked"})
    piece = b"x" * (1 << 16)
    while True:
        handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all."""
    handler.close_connection = True


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _begin(handler: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler
