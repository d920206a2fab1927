"""A file from a server: whole and with the right hash, or not at all; what has come is kept for the next attempt."""

from __future__ import annotations

import hashlib
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError, OutputError
from .files import make_folder
from .locks import Busy, exclusive
from .progress import Progress
from .transfer import BY_HAND, Answer, Transfer, require_address

LARGEST = 4 << 30
"""Bytes, where nobody said how large the file is."""
_CHUNK = 1 << 20
_HEARD_S = 0.2
"""How long a cancellation or the clock may wait."""


@dataclass(frozen=True)
class Patience:
    """How long a server may take; what has come by then is kept.

    Attributes:
        silent_s: without a single byte.
        whole_s: in all.
    """

    silent_s: float = 30.0
    whole_s: float = 4 * 3600.0


def download(
    url: str,
    target: Path,
    sha256: str,
    progress: Progress,
    *,
    size: int | None = None,
    patience: Patience | None = None,
    plain_loopback: bool = False,
) -> None:
    """Brings a file to this machine, through the system's proxy if it has any.

    It grows under the name .TARGET.part beside the target, with the server's mark of its edition in .TARGET.part.etag,
    and is renamed once its hash is right. An attempt that was cut off, by whatever, leaves them, and the next asks
    for the rest alone. A cancellation and the clock are heard at once, also while the server says nothing.

    Args:
        url: https; no redirection leads anywhere else.
        target: where it is to lie; its folder is made.
        sha256: what its hash must be, in hex.
        progress: told the fraction done, 0 as long as the size is not known; asked for a cancellation all the time.
        size: of the file in bytes, if it was published; the server may not send another.
        patience: how long the server may take.
        plain_loopback: whether http to this very machine will do, for a server of a test's own.

    Raises:
        InputError: if the address is none, the server does not hand out the whole file in time, or another than was
            published, or another process is just downloading it.
        OutputError: if it cannot be written.
        Cancelled: if the user stopped it.
    """
    require_address(url, plain_loopback)
    make_folder(target.parent)
    part = _Part(target, url, sha256, size)
    try:
        with exclusive(target.with_name(f".{target.name}.lock")):
            part.require_room()
            resumed = part.length > 0
            _bring(part, progress, patience or Patience(), plain_loopback)
            found = part.hash(progress)
            if found != sha256 and resumed:
                # Begun with another edition of the file, or damaged since: once more from the beginning.
                part.discard()
                _bring(part, progress, patience or Patience(), plain_loopback)
                found = part.hash(progress)
            part.finish(found)
    except Busy as error:
        raise InputError("another StrokeSeg is downloading it", where=target, fix="Wait until it is done") from error
    except OSError as error:
        with suppress(OSError):
            # A full disk is not to stay full of it.
            part.discard()
        raise OutputError(
            f"the download cannot be written ({error.strerror or error})",
            where=target,
            fix="Check that the folder may be written to and that the disk is not full",
        ) from error


class _Part:
    """What has come of a file so far."""

    def __init__(self, target: Path, url: str, sha256: str, size: int | None) -> None:
        self.target, self.url, self.sha256, self.size = target, url, sha256, size
        self.path = target.with_name(f".{target.name}.part")
        self._mark = target.with_name(f".{target.name}.part.etag")

    @property
    def length(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def most(self) -> int:
        """Bytes that it may become."""
        return LARGEST if self.size is None else self.size

    @property
    def edition(self) -> str:
        """The server's mark of what is here; "" if it gave none."""
        return self._mark.read_text(encoding="latin-1") if self._mark.is_file() else ""

    def begin(self, answer: Answer) -> int:
        """Makes ready for an answer's bytes; how many before them stay."""
        if answer.start == 0:
            self.discard()
            if answer.edition:
                self._mark.write_text(answer.edition, encoding="latin-1")
        return answer.start

    def require_room(self) -> None:
        """Refuses, before anything comes, what the disk has no room for."""
        if self.size is not None and shutil.disk_usage(self.target.parent).free < self.size - self.length:
            raise OutputError(
                f"the disk has no room for a file of {self.size / 1e6:.0f} MB", where=self.target, fix="Free some space"
            )

    def hash(self, progress: Progress) -> str:
        """SHA-256 in hex of what is here."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while piece := file.read(_CHUNK):
                progress(1.0, f"Checking {self.target.name}")
                digest.update(piece)
        return digest.hexdigest()

    def discard(self) -> None:
        """Throws away what is here."""
        self.path.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def finish(self, found: str) -> None:
        """Gives the file its name, or throws it away if its hash is another."""
        if found != self.sha256:
            self.discard()
            raise InputError(
                f"the downloaded file's SHA-256 is {found[:12]}..., published is {self.sha256[:12]}...",
                where=self.url,
                fix=f"Try again; if it stays so, something on the way changes the file: do not use it, {BY_HAND}",
            )
        self.path.replace(self.target)
        self._mark.unlink(missing_ok=True)


def _bring(part: _Part, progress: Progress, patience: Patience, plain_loopback: bool) -> None:
    """Has the server send what is missing."""
    message = f"Downloading {part.target.name}"
    if part.length > part.most:
        part.discard()
    if part.size is not None and part.length == part.size:
        return
    begun = heard = time.monotonic()
    with Transfer(part.url, part.length, part.edition, patience.silent_s, plain_loopback) as transfer:
        come, whole, file = part.length, 0, None
        try:
            while True:
                progress(come / whole if whole else 0.0, message)
                news = transfer.next(_HEARD_S)
                now = time.monotonic()
                _require_time(now - begun, now - heard, come, part, patience)
                if news is None:
                    continue
                heard = now
                if isinstance(news, Answer):
                    _require_size(news.whole, part)
                    come, whole = part.begin(news), news.whole or part.size or 0
                    file = part.path.open("ab")
                elif news and file is not None:
                    come += len(news)
                    _require_size(come, part, growing=True)
                    file.write(news)
                else:
                    break
        finally:
            if file is not None:
                file.close()
    wanted = whole or part.size or 1
    if come < wanted:
        raise InputError(
            f"the connection ended after {come} of {wanted} bytes", where=part.url, fix=f"Try again, {BY_HAND}"
        )


def _require_time(whole_s: float, silent_s: float, come: int, part: _Part, patience: Patience) -> None:
    slow = "says nothing" if silent_s > patience.silent_s else "takes too long" if whole_s > patience.whole_s else ""
    if slow:
        raise InputError(
            f"the server {slow} ({come} bytes have come and are kept)",
            where=part.url,
            fix=f"Try again: it goes on from there, {BY_HAND}",
        )


def _require_size(bytes_: int | None, part: _Part, *, growing: bool = False) -> None:
    """Refuses a size that is not the published size, or of a file that is still coming, a size beyond it."""
    other = bytes_ is not None and part.size is not None and bytes_ != part.size and not growing
    if bytes_ is not None and (other or bytes_ > part.most):
        part.discard()
        wanted = f"no more than {part.most} are taken" if part.size is None else f"published are {part.size}"
        raise InputError(
            f"the server sends {bytes_} bytes{' and more' if growing else ''}, {wanted}",
            where=part.url,
            fix=f"Try again later, {BY_HAND}",
        )
