"""Whether a model on disk would load, told without torch: so that nothing is installed that does not."""

from __future__ import annotations

from pathlib import Path

from ...base.errors import InputError, ModelError
from ..networks.parameters import parameter_shapes
from .bundle import Bundle
from .tensors import FLOATS, WHOLE_NUMBERS, read_header

_AGAIN = "Install the model again"
_COUNTER = ".num_batches_tracked"


def verify(folder: Path) -> Bundle:
    """The model in a folder, once every parameter of its networks was found in the weights, finite and in its shape.

    What passes loads: the networks are built from the same spec, and take exactly these names and shapes.

    Raises:
        ModelError: if the manifest or the weights are missing or damaged, or do not fit one another.
    """
    bundle = Bundle.open(folder)
    require_fitting_weights(bundle)
    bundle.load()
    return bundle


def require_fitting_weights(bundle: Bundle) -> None:
    """Refuses weights that are not the parameters of the networks which the manifest describes.

    Only the file's header is read, and nothing is allocated: a manifest may ask for layers of any width.

    Raises:
        ModelError: naming the first parameter that is missing, unknown, or of another shape or type.
    """
    path = bundle.folder / bundle.spec.weights.file
    try:
        shapes = parameter_shapes(bundle.spec.network)
        entries = read_header(path)
    except InputError as error:
        raise ModelError(f"the weights cannot be read: {error.what}", where=path, fix=_AGAIN) from error
    except ValueError as error:
        raise ModelError(f"the weights do not fit the network ({error})", where=path, fix=_AGAIN) from error
    wanted = {f"{member}.{name}": shape for member in bundle.spec.members for name, shape in shapes.items()}
    wrong = [f"no {name}" for name in wanted if name not in entries]
    wrong += [f"an unknown {name}" for name in entries if name not in wanted]
    wrong += [
        f"{name} as {_sides(entries[name].shape)} instead of {_sides(shape)}"
        for name, shape in wanted.items()
        # A counter was stored as a list of one, and is loaded so.
        if name in entries and (entries[name].shape or (1,)) != (shape or (1,))
    ]
    wrong += [
        f"{name} as {entry.kind}"
        for name, entry in entries.items()
        if entry.kind not in (WHOLE_NUMBERS if name.endswith(_COUNTER) else FLOATS)
    ]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise ModelError(f"the weights do not fit the network (there is {wrong[0]}{more})", where=path, fix=_AGAIN)


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"
