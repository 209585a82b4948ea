"""HTTPS for the simulated Azure: one address for all of its names."""

import asyncio
import json
import ssl
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from aiohttp import web

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.cloud import MANAGEMENT_HOSTS, SimulatedAzure
from tests.lab.azure.entra import DEVOPS_HOST, GITHUB_HOST, LOGIN_HOSTS

NAMES = (
    *MANAGEMENT_HOSTS,
    *LOGIN_HOSTS,
    GITHUB_HOST,
    DEVOPS_HOST,
    "graph.microsoft.com",
    "*.blob.core.windows.net",
    "*.blob.core.usgovcloudapi.net",
    "*.blob.core.chinacloudapi.cn",
)


@dataclass(slots=True)
class Front:
    """Where an Azure is reached. Another one can be put behind it at any time: starting is what takes long."""

    azure: SimulatedAzure
    address: str = ""

    @contextmanager
    def served(self, tls: ssl.SSLContext, host: str = "127.0.0.1", port: int = 0) -> Iterator["Front"]:
        """Serve in a thread of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(tls, host, port), loop).result()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _start(self, tls: ssl.SSLContext, host: str, port: int) -> web.AppRunner:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        found_host, found_port = runner.addresses[0][:2]
        self.address = f"{found_host}:{found_port}"
        return runner

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        return response_of(self.azure.answer(await question_of(request)))


async def question_of(request: web.Request) -> Question:
    """Read a request."""
    text = await request.text()
    is_json = text and "json" in request.headers.get("Content-Type", "")
    return Question(
        request.method,
        request.host.split(":")[0].lower(),
        request.path,
        dict(request.query),
        {name.lower(): value for name, value in request.headers.items()},
        json.loads(text) if is_json else text,
        f"https://{request.host.split(':')[0]}{request.rel_url.raw_path_qs}",
    )


def response_of(answer: Answer) -> web.Response:
    """Write an answer."""
    headers = {"x-ms-request-id": str(uuid.uuid4()), **answer.headers}
    if isinstance(answer.body, bytes):
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    if isinstance(answer.body, str) or answer.body is None:
        return web.Response(status=answer.status, text=answer.body, headers=headers)
    return web.json_response(answer.body, status=answer.status, headers=headers)


def certificates(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make an authority and a certificate of all the names; give the authority's file and what a server takes."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES, "localhost").configure_cert(context)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return file, context
