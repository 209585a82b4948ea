"""WinRM over HTTPS, as much as Packer's client speaks of it (masterzen/winrm): Create, Command, Receive, Signal, Delete.

It asks for no sign-in: the client offers one only where it is asked.
"""

import base64
import ssl
import threading
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 5986
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
# What a command prints, and its exit code.
Run = Callable[[str], tuple[str, int]]


class Listener:
    """Answers at an address until it is closed."""

    def __init__(self, host: str, tls: ssl.SSLContext, run: Run) -> None:
        self.results: dict[str, tuple[str, int]] = {}
        self.run = run
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                answer = listener.answer(data).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((host, PORT), Handler)
        self.server.daemon_threads = True
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, data: bytes) -> str:
        """Answer one message."""
        envelope = ET.fromstring(data)  # noqa: S314 (from the Packer of the test)
        action = next(envelope.iter(f"{{{_ADDRESSING}}}Action")).text or ""
        match action.rsplit("/", 1)[1]:
            case "Create":
                body = f"<rsp:Shell><rsp:ShellId>{uuid.uuid4()}</rsp:ShellId></rsp:Shell>"
            case "Command":
                id_ = str(uuid.uuid4()).upper()
                words = [
                    element.text or "" for name in ("Command", "Arguments") for element in envelope.iter(f"{{{_SHELL}}}{name}")
                ]
                self.results[id_] = self.run(" ".join(words))
                body = f"<rsp:CommandResponse><rsp:CommandId>{id_}</rsp:CommandId></rsp:CommandResponse>"
            case "Receive":
                body = self._received(next(envelope.iter(f"{{{_SHELL}}}DesiredStream")).get("CommandId") or "")
            case _:
                body = ""
        return (
            f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{_ADDRESSING}" xmlns:rsp="{_SHELL}"'
            ' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">'
            f"<s:Header><a:Action>{action}Response</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID></s:Header>"
            f"<s:Body>{body}</s:Body></s:Envelope>"
        )

    def _received(self, id_: str) -> str:
        printed, code = self.results.pop(id_, ("", 1))
        text = base64.b64encode(printed.encode()).decode()
        stream = f'<rsp:Stream Name="stdout" CommandId="{id_}">{text}</rsp:Stream>' if printed else ""
        done = f'<rsp:CommandState CommandId="{id_}" State="{_SHELL}/CommandState/Done"><rsp:ExitCode>{code}</rsp:ExitCode>'
        return f"<rsp:ReceiveResponse>{stream}{done}</rsp:CommandState></rsp:ReceiveResponse>"
