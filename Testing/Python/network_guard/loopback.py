"""No test reaches beyond loopback: names are not asked for, connections not made, datagrams not sent."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

RECORD = "STROKESEG_NETWORK_GUARD"
"""Environment variable: the file that attempts are written to, by whichever process makes them."""


class BeyondLoopback(BaseException):
    """Somebody wanted to leave this machine. No `except Exception` of the product makes an error for users of it."""


def is_local(host: Any) -> bool:
    """Whether an address or name stands for this machine without anybody being asked."""
    if host in (None, "", b"", "localhost", b"localhost", "localhost.localdomain"):
        return True
    if not isinstance(host, str | bytes):
        return False
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    # 0.0.0.0 to connect to is this machine, too.
    return address.is_loopback or address.is_unspecified


def install(record: Path) -> None:
    """From now on this process, and Python processes that it starts, cannot leave the machine.

    An audit hook sees the calls of every library that goes through Python's sockets, and cannot be taken off again. A
    process that is started without the environment, and a process that is not Python, is not watched.

    Args:
        record: file that each attempt is written to.
    """
    if RECORD not in os.environ:
        here = str(Path(__file__).parent)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH", ""))))
    os.environ[RECORD] = str(record)

    def seen(event: str, arguments: tuple[Any, ...]) -> None:
        # Thousands of events a test are of something else.
        if not event.startswith("socket."):
            return
        host = _asked(event, arguments)
        if host is not None and not is_local(host):
            with record.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{event} {host!r}\n")
            raise BeyondLoopback(f"{event} {host!r}: tests must not reach beyond loopback")

    sys.addaudithook(seen)


def _asked(event: str, arguments: tuple[Any, ...]) -> Any:
    """The host of an event of the network; None where it is none."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # Sockets of the file system have a path.
        return address[0] if isinstance(address, tuple) else None
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return arguments[0]
    return None
