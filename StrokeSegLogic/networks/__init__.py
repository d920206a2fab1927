"""Torch networks, each built from a spec. Torch is imported by the modules here, never by this file."""
