"""Who stands in which row: what the user chose, else what is offered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from StrokeSegLogic.slicer_bridge.input_volumes import InputVolume
from StrokeSegLogic.study.case import CTP_ROLES, MRI_ROLES, Modality, Role

from .offers import Recognised, note_on_modality, notes_on, offers_of, recognise
from .protocols import Clock, Timer
from .study import Handle, Offer, StudyInputs

_SLICE_S = 0.03
"""How long volumes are recognised before the window gets its turn."""
_LOADING_S = 0.02


class Assignment:
    """Recognises volumes as they come and fills rows that the user has not set.

    Args:
        clock: calls later.
        offered: called when offers, and with them rows, may have changed.

    Attributes:
        offers: for the modality's roles.
        notes: what a reader can do with volumes that have no role.
    """

    def __init__(self, clock: Clock, offered: Callable[[], None]) -> None:
        self.offers: Mapping[Role, Offer] = {}
        self.notes: tuple[str, ...] = ()
        self._clock, self._offered = clock, offered
        self._modality: Modality = "mri"
        self._loaded: tuple[InputVolume, ...] = ()
        self._rows: dict[Role, Handle] = {}
        self._users: set[Role] = set()
        self._known: dict[tuple[InputVolume, Modality], Recognised] = {}
        self._timer: Timer | None = None
        self._library = _Library()

    @property
    def volumes(self) -> dict[Role, Handle]:
        """The rows of the modality, in the roles' order; those without a volume left out."""
        return {role: self._rows[role] for role in _roles(self._modality) if role in self._rows}

    def volumes_changed(self, volumes: Sequence[InputVolume], modality: Modality) -> None:
        """The scene's volumes are now these."""
        self._loaded, self._modality = tuple(volumes), modality
        handles = {volume.handle for volume in volumes}
        for role in [role for role, handle in self._rows.items() if handle not in handles]:
            # What is gone was not taken out by the user: the row is free again.
            del self._rows[role]
            self._users.discard(role)
        self._recognise()

    def choose(self, role: Role, handle: Handle | None) -> None:
        """The user set a row; a row that was filled by itself with the same volume gives it up."""
        self._users.add(role)
        self._rows.pop(role, None)
        if handle is not None:
            for other in [row for row, held in self._rows.items() if held == handle and row not in self._users]:
                del self._rows[other]
            self._rows[role] = handle

    def assign(self) -> None:
        """Fills all rows but those in which the user has put a volume."""
        self._users &= set(self._rows)
        self._recognise()

    def inputs_changed(self, inputs: StudyInputs) -> None:
        """The inputs were set otherwise: by a scene that was restored, a script, or another modality."""
        roles = _roles(inputs.modality)
        changed = [role for role in roles if role in inputs.volumes and inputs.volumes[role] != self._rows.get(role)]
        if changed and not any(role in self._rows for role in roles):
            changed = list(roles)  # a study as it was saved: its empty rows are meant, too
        self._users.update(changed)
        for role in roles:
            self._rows.pop(role, None)
        self._rows.update(inputs.volumes)
        if inputs.modality != self._modality:
            self._modality = inputs.modality
            self._recognise()

    def clear(self) -> None:
        """Forgets the scene."""
        self._stop()
        self.offers, self.notes = {}, ()
        self._loaded = ()
        self._rows.clear()
        self._users.clear()
        self._known.clear()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _recognise(self) -> None:
        """Recognises what is new, with pauses; in the end the offers are there."""
        self._stop()
        if not self._library.loaded:
            self._timer = self._clock.call_later(_LOADING_S, self._recognise)
            return
        until = time.monotonic() + _SLICE_S
        if self._recognised(self._modality, until):
            known = self._of(self._modality)
            self.offers, self.notes = offers_of(known, self._modality), notes_on(known)
            other: Modality = "ctp" if self._modality == "mri" else "mri"
            # Rows that stay empty without a word leave a reader at a loss: the volumes may be of the other kind.
            if not self.offers and self._loaded:
                if not self._recognised(other, until):
                    return
                self.notes += note_on_modality(offers_of(self._of(other), other), other)
            self._offer()

    def _recognised(self, modality: Modality, until: float) -> bool:
        """Whether all volumes were recognised as of that modality; if time ran out they will be, soon."""
        for volume in self._loaded:
            if (volume, modality) not in self._known:
                if time.monotonic() > until:
                    self._timer = self._clock.call_later(0.0, self._recognise)
                    return False
                self._known[volume, modality] = recognise(volume, modality)
        return True

    def _of(self, modality: Modality) -> list[Recognised]:
        return [self._known[volume, modality] for volume in self._loaded]

    def _offer(self) -> None:
        for role in _roles(self._modality):
            if role not in self._users:
                self._rows.pop(role, None)
        kept = set(self.volumes.values())
        for role, offer in self.offers.items():
            if role not in self._users and offer.handle not in kept:
                self._rows[role] = offer.handle
        self._offered()


def _roles(modality: Modality) -> tuple[Role, ...]:
    return MRI_ROLES if modality == "mri" else CTP_ROLES


class _Library:
    """The package that reads names: its libraries take longer to import than a window may wait."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    @property
    def loaded(self) -> bool:
        """Whether it has been imported; the first question begins it."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=import_module, args=("StrokeSegLogic.study.series.load",), daemon=True
            )
            self._thread.start()
        # Waiting lets the thread run: Slicer's event loop may hold Python's lock.
        self._thread.join(0.005)
        return not self._thread.is_alive()
