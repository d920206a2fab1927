"""`python -m StrokeSegLogic` is the command line."""

from .cli.main import main

main()
