"""A server of a few lines: enough for the suite to meet it and to judge its health."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSISTANT = {
    "assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca",
    "graph_id": "agent",
    "metadata": {"created_by": "system"},
}
ANSWERS: dict[tuple[str, str], Any] = {
    ("GET", "/ok"): {"ok": True},
    ("GET", "/info"): {"version": "1.2.3"},
    ("POST", "/assistants/search"): [ASSISTANT],
}


@contextmanager
def tiny_server(**answers: Any) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Its URL and the headers of every request it got.

    A keyword `name` replaces GET /name, a keyword `POST name` POST /name.
    """
    known = dict(ANSWERS)
    for name, value in answers.items():
        method, _, path = name.rpartition(" ")
        known[method or "GET", f"/{path}"] = value
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers.get("content-length", 0)))
            found = known.get((self.command, self.path.partition("?")[0]))
            content = json.dumps({"detail": "Not Found"} if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_OPTIONS = do_PUT = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
