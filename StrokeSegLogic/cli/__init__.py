"""The command line: `strokeseg`. Needs the extra "cli"."""
