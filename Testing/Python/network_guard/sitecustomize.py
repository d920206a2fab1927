"""Imported by every Python that starts with this folder on its path: the tests' own processes are watched, too."""

from __future__ import annotations

import os
from pathlib import Path

import loopback

if loopback.RECORD in os.environ:
    loopback.install(Path(os.environ[loopback.RECORD]))
