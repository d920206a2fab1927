"""The bytes of a file from a server, fetched beside whoever waits for them.

A thread waits for the server, so that its caller never does: names that are not resolved, connections that are not
answered and bytes that do not come can be given up at any moment.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import re
import socket
import ssl
import threading
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from .errors import InputError, StrokeSegError

BY_HAND = "or download the file elsewhere and name it"
_CHUNK = 1 << 18
_WAITING = 16
"""Pieces that lie ready at most: 4 MB."""
_NOT_SATISFIABLE = 416
_PARTIAL = 206
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


@dataclass(frozen=True)
class Answer:
    """What a server says before the first byte.

    Attributes:
        start: of its bytes in the file; 0 where it sends the whole of it.
        whole: size of the file in bytes; None if it does not say.
        edition: its mark of this edition of the file; "" if it has none.
    """

    start: int
    whole: int | None
    edition: str


def require_address(url: str, plain_loopback: bool) -> None:
    """Refuses whatever is not https.

    Args:
        url: to ask or to be led to.
        plain_loopback: whether http to this very machine will do.

    Raises:
        InputError: if it is anything else.
    """
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname or ""
    except ValueError:
        scheme, host = "", ""
    if host and (scheme == "https" or (scheme == "http" and plain_loopback and _is_loopback(host))):
        return
    raise InputError(f"is no https address ({scheme or 'none'})", where=url, fix=f"Give an https address, {BY_HAND}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Transfer:
    """A request for a file from some byte on.

    Use it as a context: at its end the connection is cut, whatever the server is doing.

    Args:
        url: of the file.
        start: bytes that are here already.
        edition: the server's mark of these; "" if it gave none.
        silent_s: how long a single read may wait.
        plain_loopback: see `require_address`.
    """

    def __init__(self, url: str, start: int, edition: str, silent_s: float, plain_loopback: bool) -> None:
        self._url, self._start, self._edition = url, start, edition
        self._silent_s = silent_s
        self._news: queue.Queue[Answer | bytes | StrokeSegError] = queue.Queue(_WAITING)
        self._over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._opener = _opener(self._sockets.append, plain_loopback)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Transfer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for connection in self._sockets:
            # A read that waits on the other thread ends with this; a connection that is closed already needs none.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def next(self, wait_s: float) -> Answer | bytes | None:
        """First the answer, then bytes, at last b""; None if nothing came in that time.

        Raises:
            InputError: if the server cannot be reached or does not hand out the file.
        """
        try:
            news = self._news.get(timeout=wait_s)
        except queue.Empty:
            return None
        if isinstance(news, StrokeSegError):
            raise news
        return news

    def _run(self) -> None:
        try:
            self._fetch()
        except HTTPError as error:
            error.close()
            self._tell(_refused(self._url, error))
        except StrokeSegError as error:
            self._tell(error)
        except Exception as error:  # on this thread nobody else would hear of it
            self._tell(_unreachable(self._url, error))

    def _fetch(self) -> None:
        with self._open() as response:
            self._tell(_answer(response, self._start))
            while not self._over.is_set():
                # What is there, however little: a whole piece may take for ever.
                piece = response.read1(_CHUNK)
                self._tell(piece)
                if not piece:
                    return

    def _open(self) -> Any:
        headers = {"User-Agent": "StrokeSeg", "Accept-Encoding": "identity"}
        if self._start:
            headers["Range"] = f"bytes={self._start}-"
            if self._edition:
                headers["If-Range"] = self._edition
        try:
            return self._opener.open(urllib.request.Request(self._url, headers=headers), timeout=self._silent_s)
        except HTTPError as error:
            if error.code != _NOT_SATISFIABLE or not self._start:
                raise
            error.close()
        # Another edition, shorter than what is here.
        self._start = 0
        del headers["Range"]
        headers.pop("If-Range", None)
        return self._opener.open(urllib.request.Request(self._url, headers=headers), timeout=self._silent_s)

    def _tell(self, news: Answer | bytes | StrokeSegError) -> None:
        while not self._over.is_set():
            try:
                self._news.put(news, timeout=0.1)
                return
            except queue.Full:
                continue


def _answer(response: Any, start: int) -> Answer:
    tag = response.headers.get("ETag") or ""
    # A weak mark says that two editions mean the same, not that their bytes are.
    edition = tag if tag.startswith('"') and tag.isprintable() and tag.isascii() else ""
    told = response.headers.get("Content-Length") or ""
    length = int(told) if re.fullmatch(r"[0-9]{1,18}", told) else None
    if response.status != _PARTIAL:
        return Answer(0, length, edition)
    found = _RANGE.fullmatch(response.headers.get("Content-Range") or "")
    if not start or found is None or int(found[1]) != start:
        raise InputError("the server sends another part than was asked for", where=response.url, fix="Try again later")
    return Answer(start, None if found[3] == "*" else int(found[3]), edition)


def _opener(connected: Any, plain_loopback: bool) -> urllib.request.OpenerDirector:
    """An opener that knows http, https and proxies, and no other scheme: urllib's own also opens files."""

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(Plain, req)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(Secure, req, context=ssl.create_default_context())

    class Redirections(urllib.request.HTTPRedirectHandler):
        def http_error_302(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
            # What the server says beside the new address is not read: it may be without end.
            fp.close()
            return super().http_error_302(req, fp, code, msg, headers)

        http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

        def redirect_request(
            self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
        ) -> urllib.request.Request | None:
            require_address(newurl, plain_loopback)
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        PlainHandler(),
        SecureHandler(),
        Redirections(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _refused(url: str, error: HTTPError) -> InputError:
    if 300 <= error.code < 400:
        # urllib's own refusal of a redirection to another scheme.
        return InputError(f"the server leads elsewhere ({error.reason})", where=url, fix=f"Try again later, {BY_HAND}")
    return InputError(f"the server answers {error.code} {error.reason}", where=url, fix=f"Try again later, {BY_HAND}")


def _unreachable(url: str, error: Exception) -> InputError:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLError):
        return InputError(
            f"no secure connection ({reason.reason or reason})",
            where=url,
            fix="Where a proxy re-signs connections, set SSL_CERT_FILE to its certificate, " + BY_HAND,
        )
    return InputError(
        f"cannot be downloaded ({reason or type(reason).__name__})",
        where=url,
        fix="Check the connection and the proxy (HTTPS_PROXY), " + BY_HAND,
    )
