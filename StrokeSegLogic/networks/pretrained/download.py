"""A file from a server, whole and with the right hash, or not at all."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Generator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ...base.errors import InputError, OutputError
from ...base.files import make_folder, written_aside
from ...base.progress import Progress

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0
_BY_HAND = "or download the file elsewhere and name it"


def download(url: str, target: Path, sha256: str, progress: Progress) -> None:
    """Brings a file to this machine, through the system's proxy if one is set.

    It is written under a temporary name beside the target and renamed once its hash is right.

    Args:
        url: http or https.
        target: where it is to lie; its folder is made.
        sha256: what its hash must be, in hex.
        progress: told the fraction done; asked for a cancellation with each piece.

    Raises:
        InputError: if the server does not hand out the whole file, or another than was published.
        OutputError: if it cannot be written.
        Cancelled: if the user stopped it.
    """
    digest = hashlib.sha256()
    make_folder(target.parent)
    try:
        with written_aside(target) as file, closing(_pieces(url)) as pieces:
            for piece, fraction in pieces:
                progress(fraction, f"Downloading {target.name}")
                digest.update(piece)
                file.write(piece)
            found = digest.hexdigest()
            if found != sha256:
                raise InputError(
                    f"the downloaded file's SHA-256 is {found[:12]}..., published is {sha256[:12]}...",
                    where=url,
                    fix=f"Try again; if it stays so, something on the way changes the file: do not use it, {_BY_HAND}",
                )
    except OSError as error:
        raise OutputError(
            f"the download cannot be written ({error.strerror or error})",
            where=target,
            fix="Check that the folder may be written to and that the disk is not full",
        ) from error


def _pieces(url: str) -> Generator[tuple[bytes, float], None, None]:
    """The file's bytes in order, each with the fraction that is there when it has come; 0 if the size is not told."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "StrokeSeg"}), timeout=_TIMEOUT_S) as response:
            size = int(response.headers.get("Content-Length") or 0)
            come = 0
            while piece := response.read(_CHUNK):
                come += len(piece)
                yield piece, come / size if size else 0.0
    except HTTPError as error:
        raise InputError(
            f"the server answers {error.code} {error.reason}", where=url, fix=f"Try again later, {_BY_HAND}"
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable(url, error) from error
    if come < size:
        raise InputError(f"the connection ended after {come} of {size} bytes", where=url, fix=f"Try again, {_BY_HAND}")


def _unreachable(url: str, error: Exception) -> InputError:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLError):
        return InputError(
            f"no secure connection ({reason.reason or reason})",
            where=url,
            fix="Where a proxy re-signs connections, set SSL_CERT_FILE to its certificate, " + _BY_HAND,
        )
    return InputError(
        f"cannot be downloaded ({reason or type(reason).__name__})",
        where=url,
        fix="Check the connection and the proxy (HTTPS_PROXY), " + _BY_HAND,
    )
