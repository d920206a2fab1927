"""What a reader wants to know first of core and penumbra, in lines."""

from __future__ import annotations

from collections.abc import Iterable

from ..result.map_origins import MapOrigin, origins_words
from .numbers.criteria import Criteria
from .numbers.mismatch import DelayVolume, PerfusionNumbers
from .routes.route import Route


def headline(
    chosen: str,
    routes: Iterable[Route],
    numbers: PerfusionNumbers | None,
    criteria: Iterable[Criteria],
    maps: Iterable[MapOrigin],
) -> tuple[str, ...]:
    """The routes' volumes, delay, mismatch and side, the trials' verdicts, and where the maps are from, a line each.

    Args:
        chosen: the route that is the result, by name.
        routes: all that were taken.
        numbers: None where thresholds could not be applied.
        criteria: of the trials.
        maps: where each came from.
    """
    lines = [
        f"  {route.name:<12}{_volumes(route)}{'  <- the result' if route.name == chosen else ''}" for route in routes
    ]
    if numbers is not None:
        lines.append(f"Tmax: {', '.join(_delay(volume) for volume in numbers.delays)}")
        lines.append(
            f"Mismatch {numbers.mismatch_ml:.0f} ml, ratio {numbers.mismatch_ratio_words}; "
            f"hypoperfused side: {numbers.side or 'none'}"
        )
    for trial in criteria:
        doubt = ", but this flips within the measurement's uncertainty" if trial.flips else ""
        lines.append(f"{trial.trial}: {trial.verdict}{doubt}")
    lines.append(f"Maps: {origins_words(maps)}")
    return tuple(lines)


def _delay(volume: DelayVolume) -> str:
    return f"{'not told' if volume.ml is None else f'{volume.ml:.0f} ml'} > {volume.tmax_s:g} s"


def _volumes(route: Route) -> str:
    penumbra = "(knows no penumbra)" if route.penumbra_ml is None else f"penumbra {route.penumbra_ml:6.1f} ml"
    return f"core {route.core_ml:6.1f} ml, {penumbra}"
