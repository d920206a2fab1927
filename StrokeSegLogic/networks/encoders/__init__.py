"""Encoders: modules that turn an image into features at falling resolution."""
