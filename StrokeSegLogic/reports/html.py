"""Pages out of the templates under Resources/Report: nothing is loaded from elsewhere, all text is escaped."""

from __future__ import annotations

from functools import cache

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..base.resources import resource
from ..result.palettes import css_gradient
from .png import data_uri, encode_png

NONE = "\u2013"
"""A dash for what is not known or not there."""


def page(template: str, **values: object) -> str:
    """A template of Resources/Report with its values.

    Args:
        template: the name of its file.
        values: what the template names. It has two filters of its own: `png` makes a picture (H, W, 3), uint8, or the
            bytes of a PNG file the address of an image, `gradient` a palette's name a CSS background.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource("Report")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"png": _png, "gradient": css_gradient}
    return environment


def _png(picture: np.ndarray | bytes) -> str:
    return data_uri(picture if isinstance(picture, bytes) else encode_png(picture))
