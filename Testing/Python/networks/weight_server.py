"""A server on this machine that hands out one file well, or ill in one of the ways that servers have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(content: bytes, fault: str = "") -> Iterator[str]:
    """The server's address while it runs.

    Args:
        content: of every file.
        fault: "", "missing" (404), "truncated" (half, then the connection ends), "unsized" (no length is told).
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if fault == "missing":
                self.send_error(404)
                return
            self.send_response(200)
            if fault != "unsized":
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            # That the client gives up is what some tests are about.
            with suppress(ConnectionError):
                self.wfile.write(content[: len(content) // 2] if fault == "truncated" else content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/models"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
