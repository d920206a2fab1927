"""Weights learned on ImageNet: where they are published, how they come to this machine and into an encoder."""
