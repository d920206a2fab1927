"""A server on this machine that hands out one file well, or ill in one of the ways that servers have."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(
    content: bytes,
    fault: str = "",
    *,
    etag: str = "",
    location: str = "",
    asked: list[dict[str, str]] | None = None,
) -> Iterator[str]:
    """The address of a folder on the server, while it runs; every file in it is the same.

    Args:
        content: of every file.
        fault: "" for none; "missing" (404); "unsized" (no length is told); of a first half: "truncated" (then the
            connection ends), "reset" (then it is torn down), "stalled" (then nothing comes); "silent" (no answer at
            all); "dribbling" (a byte now and then); "endless" (no length, no end); "rangeless" (any part that is asked
            for is the whole); "displaced" (another part than was asked for).
        etag: of the file; "" for none.
        location: where to send everybody instead.
        asked: gets the headers of each request.
    """
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append({name.lower(): value for name, value in self.headers.items()})
            # That the client gives up is what some tests are about.
            with suppress(ConnectionError):
                self.answer()

        def answer(self) -> None:
            if fault == "silent":
                over.wait()
                return
            if fault == "missing":
                self.send_error(404)
                return
            if location:
                self.send_response(302)
                self.send_header("Location", location)
                self.end_headers()
                return
            start = self.start()
            if start >= len(content) > 0:
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                first = start + (1 if fault == "displaced" else 0)
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            if etag:
                self.send_header("ETag", etag)
            if fault not in ("unsized", "endless"):
                self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.send_body(content[start:])

        def start(self) -> int:
            """The first byte that is sent: the byte that is asked for, if the client knows this edition."""
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            known = self.headers.get("If-Range") in (None, etag)
            return int(wanted[1]) if wanted and known and fault != "rangeless" else 0

        def send_body(self, body: bytes) -> None:
            if fault == "dribbling":
                for place in range(len(body)):
                    self.wfile.write(body[place : place + 1])
                    if over.wait(0.02):
                        return
            elif fault == "endless":
                while not over.is_set():
                    self.wfile.write(content)
            elif fault in ("truncated", "reset", "stalled"):
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                if fault == "stalled":
                    over.wait()
                elif fault == "reset":
                    # With nothing to linger for, closing is a reset.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
            else:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/models"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
