"""The guard itself: what would leave the machine is stopped and recorded, what stays on it works."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from network_guard.loopback import BeyondLoopback, is_local

OUTSIDE = "192.0.2.1"
"""Kept for documentation: nobody has this address."""


@pytest.fixture
def recorded(attempts_to_leave: Path) -> Iterator[Callable[[], str]]:
    """What was recorded in this test, taken away so that it does not fail."""

    def taken() -> str:
        found = attempts_to_leave.read_text(encoding="utf-8") if attempts_to_leave.exists() else ""
        attempts_to_leave.unlink(missing_ok=True)
        return found

    yield taken
    taken()


def connected() -> None:
    with socket.socket() as client:
        client.connect((OUTSIDE, 80))


def sent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", (OUTSIDE, 9))


@pytest.mark.parametrize(
    ("leave", "event"),
    [
        (connected, "socket.connect"),
        (sent, "socket.sendto"),
        (lambda: socket.getaddrinfo("example.org", 80), "socket.getaddrinfo"),
        (lambda: socket.gethostbyname("example.org"), "socket.gethostbyname"),
        (lambda: socket.create_connection((OUTSIDE, 80), 1), "socket.getaddrinfo"),
        (lambda: urlopen(f"http://{OUTSIDE}/", timeout=1), "socket.getaddrinfo"),
    ],
    ids=["connect", "sendto", "getaddrinfo", "gethostbyname", "create_connection", "urlopen"],
)
def test_what_would_leave_the_machine_is_stopped_and_recorded(
    recorded: Callable[[], str], leave: Callable[[], object], event: str
) -> None:
    with pytest.raises(BeyondLoopback):
        leave()
    assert recorded().startswith(event)


def test_an_exception_that_somebody_swallows_is_recorded_all_the_same(recorded: Callable[[], str]) -> None:
    try:
        connected()
    except BaseException:
        assert OUTSIDE in recorded()


def test_a_process_of_a_test_is_watched_too(recorded: Callable[[], str]) -> None:
    code = f"import socket; socket.create_connection(('{OUTSIDE}', 80), 1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode and "BeyondLoopback" in done.stderr
    assert OUTSIDE in recorded()


def test_loopback_and_sockets_of_the_file_system_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"x")
            assert accepted.recv(1) == b"x"
    if hasattr(socket, "AF_UNIX"):
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind("s")
            server.listen()
            client.connect("s")
    assert socket.getaddrinfo("localhost", 80)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("", True), (None, True)]
    + [("10.0.0.1", False), ("169.254.169.254", False), ("::ffff:192.0.2.1", False), ("localhost.evil", False)],
)
def test_only_this_machines_own_addresses_are_local(host: str | None, local: bool) -> None:
    assert is_local(host) is local


def test_the_guard_is_handed_to_processes_by_the_environment() -> None:
    assert "network_guard" in os.environ["PYTHONPATH"].split(os.pathsep)[0]
