"""A web server on loopback that has the files that a test gives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread


@dataclass(frozen=True)
class Request:
    """A request that arrived; the path with its query."""

    method: str
    path: str
    status: int


@dataclass
class _File:
    body: bytes
    failures: int
    status: int


@dataclass(frozen=True)
class FileServer:
    """Serves files, each under a path of its own; so that tests can share the server."""

    base_url: str
    _files: dict[str, _File] = field(default_factory=dict)
    _requests: list[Request] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["FileServer"]:
        """Start one on a free port, and end it."""
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as http:
            server = cls(f"http://127.0.0.1:{http.server_port}")
            http.RequestHandlerClass = _handler(server)
            thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield server
            finally:
                http.shutdown()
                thread.join()

    def add(self, name: str, body: bytes, *, failures: int = 0, status: int = 503) -> str:
        """Serve the bytes under a new URL that ends in the name; the first requests fail with the status."""
        path = f"/{next(self._numbers)}/{name}"
        self._files[path] = _File(body, failures, status)
        return self.base_url + path

    def requests(self, url: str) -> list[Request]:
        """Give the requests for a URL, whatever their query; oldest first."""
        path = url.removeprefix(self.base_url).partition("?")[0]
        return [request for request in self._requests if request.path.partition("?")[0] == path]

    def answer(self, method: str, path: str) -> tuple[int, bytes]:
        """Record a request, and give the status and the body of its answer."""
        with self._lock:
            file = self._files.get(path.partition("?")[0])
            status, body = 404, b""
            if file is not None:
                status, body = (file.status, b"") if file.failures else (200, file.body)
                file.failures = max(0, file.failures - 1)
            self._requests.append(Request(method, path, status))
        return status, body


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = server.answer(self.command, self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 (http.server looks for this name)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler
