"""The command line: `strokeseg`. Needs the extra "cli"."""

from .main import main as main
