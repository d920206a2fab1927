"""A case under review in Slicer's scene: images, the proposal to edit, colours of what was changed, signs of life."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import slicer

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.protocol import as_error

from .parameters import PanelParameters, volume_name
from .protocols import Clock, PanelActions
from .result_loader import ResultLoader
from .review_case import CaseMaterial
from .review_colours import ReviewColours, remove_node
from .review_life import SignsOfLife
from .segment_watch import SegmentWatch
from .states import State
from .study import RunResult, Settings
from .view_settings import inputs_of, roles_of
from .words import tr as _

if TYPE_CHECKING:
    import SimpleITK as sitk

    from .editor import EmbeddedEditor
    from .result_section import ResultSection
    from .views import SliceViews

_POLL_S = 0.05
_SEGMENTATIONS, _TEXTS = ("segmentation", "modelSegmentation"), ("resultText", "reportText")
_RESULT_NODES = (*_SEGMENTATIONS, "probabilityVolume", "agreementVolume", *_TEXTS)


class CasePanel(Protocol):
    """The panel as far as a review needs it."""

    ui: Any
    parameters: PanelParameters | None
    state: State
    presenter: PanelActions
    result: ResultSection
    views: SliceViews
    editor: EmbeddedEditor


class ReviewScene:
    """`review_presenter.CaseScene` on MRML: one case at a time, whose nodes go with it.

    Args:
        panel: shows the case as it shows a result of its own.
        clock: calls later.
    """

    def __init__(self, panel: CasePanel, clock: Clock) -> None:
        self._panel, self._clock = panel, clock
        self._material: CaseMaterial | None = None
        self._nodes: list[str] = []
        self._segmentation: Any = None
        self._colours = ReviewColours()
        self._coloured = True
        self._life = SignsOfLife()
        self._alive: Callable[[], None] = lambda: None
        self._changed: Callable[[sitk.Image], None] = lambda _labels: None
        self._done: Callable[[], None] = lambda: None
        self._failed: Callable[[StrokeSegError], None] = lambda _error: None
        self._number = 0
        self._watch = SegmentWatch(clock, self._edited)
        self._loader = ResultLoader(clock, self._loaded, self._lost)

    # -- a case comes and goes

    def open(
        self,
        material: CaseMaterial,
        done: Callable[[], None],
        failed: Callable[[StrokeSegError], None],
        changed: Callable[[sitk.Image], None],
        alive: Callable[[], None],
    ) -> None:
        """Brings a case into the scene in short steps.

        Args:
            material: of the case.
            done: called when it is there.
            failed: called with what went wrong instead; then nothing of it is there.
            changed: called with the labels whenever the reader has drawn and rests.
            alive: called on every sign of life: the mouse over a view, another slice, a stroke.
        """
        self.close()
        parameters = self._panel.parameters
        if parameters is None or self._panel.state.busy:
            what = _("a run is under way") if self._panel.state.busy else _("the scene is just being filled")
            failed(InputError(what, where=material.session.case, fix=_("Open the case again once it is over")))
            return
        self._material = material
        self._done, self._failed, self._changed, self._alive = done, failed, changed, alive
        parameters.modality = material.record.modality
        # A slider that hides small lesions was for another case.
        parameters.hiddenBelow = 0.0
        self._step(self._number, self._images(parameters, material))

    def close(self) -> None:
        """Takes the case out of the scene; other nodes stay."""
        parameters = self._panel.parameters
        kept = [] if parameters is None or self._segmentation is None else self._result_nodes(parameters)
        gone = (*kept, *reversed(self._nodes), *self._colours.nodes)
        self.forget()
        for node_id in gone:
            remove_node(slicer.mrmlScene, node_id)

    def forget(self) -> None:
        """Lets go of a scene that takes the case with it."""
        self._number += 1
        self._loader.abandon()
        self._watch.watch(None)
        self._life.stop()
        self._colours = ReviewColours()
        self._nodes = []
        self._material = self._segmentation = None

    def _result_nodes(self, parameters: PanelParameters) -> list[str]:
        """What the loader has added; not what a run has put in its place since."""
        if parameters.segmentation is not self._segmentation:
            return []
        from StrokeSegLogic.slicer_bridge.results import BRAIN_MASK, maps_of

        text = parameters.resultText
        found = [getattr(parameters, name) for name in _RESULT_NODES]
        if text is not None:
            found += [*maps_of(text), text.GetNodeReference(BRAIN_MASK)]
        return [node.GetID() for node in found if node is not None]

    def _step(self, number: int, steps: Iterator[None]) -> None:
        if number != self._number:
            return
        try:
            next(steps)
        except StopIteration:
            return
        except Exception as error:  # else nobody would hear that the case is lost
            self._lost(as_error(error))
            return
        self._clock.call_later(0.0, lambda: self._step(number, steps))

    def _images(self, parameters: PanelParameters, material: CaseMaterial) -> Iterator[None]:
        """The study's volumes into their rows, one by one, then the result."""
        from StrokeSegLogic.result.outcome import Display
        from StrokeSegLogic.slicer_bridge.volumes import add_volume, volume_grid

        scene, session = slicer.mrmlScene, material.session
        for role in roles_of(material.record.modality):
            if getattr(parameters, volume_name(role)) is not None:
                setattr(parameters, volume_name(role), None)
        for role in roles_of(material.record.modality):
            if role not in material.images or role is Role.CTP:
                continue
            display = material.record.displays.get(role.value, Display())
            node = add_volume(scene, material.images[role], f"{session.case} {role.display_name}", display)
            self._nodes.append(node.GetID())
            setattr(parameters, volume_name(role), node)
            yield
        inputs = inputs_of(parameters, session.case)
        handle = inputs.volumes.get(material.record.reference)
        reference = None if handle is None else scene.GetNodeByID(handle)
        fits = reference is not None and volume_grid(reference).same(material.proposal.grid)
        if reference is not None and not fits:
            what = _("the images are others than those that the proposal was made of")
            raise InputError(what, where=session.case, fix=_("Bring the study back as it was"))
        if reference is None and not material.evidence:
            # Without any image there is still a grid to draw on.
            blank = material.proposal.grid.image(0 * material.proposal.labels.astype("uint8"))
            node = add_volume(scene, blank, _("{case} (no images)").format(case=session.case))
            node.SetAttribute("StrokeSeg.Result", "blank")
            self._nodes.append(node.GetID())
            setattr(parameters, volume_name(material.record.reference), node)
            inputs = inputs_of(parameters, session.case)
        volumes = {"labels": material.proposal.path, **material.evidence}
        self._loader.load(scene, parameters, RunResult(material.record, volumes, None, inputs, Settings()))

    def _loaded(self, result: RunResult) -> None:
        parameters, material = self._panel.parameters, self._material
        if parameters is None or material is None:
            return
        self._segmentation = parameters.segmentation
        try:
            if material.begin is not None:
                self._replace(material.begin)
            for turn, (reading, mask) in material.readings.items():
                self._colours.show_reading(turn, reading.reader, mask, parameters.referenceVolume)
        except Exception as error:  # else the reader would wait for ever
            self._lost(as_error(error))
            return
        self._watch.watch(self._segmentation)
        self._life.watch(slicer.mrmlScene, lambda: self._alive())
        self._show_changes()
        self._panel.ui.unfold_result()
        self._panel.presenter.result_restored(result.record)
        self._panel.result.show_side_by_side()
        self._go_to_doubt(self._number)
        self._done()

    def _go_to_doubt(self, number: int) -> None:
        """To the most doubtful slice, once the views have their size and have gone where they go by themselves."""
        if number != self._number:
            return
        if self._panel.views.settling:
            self._clock.call_later(_POLL_S, lambda: self._go_to_doubt(number))
        else:
            self._panel.presenter.next_doubtful_slice()

    def _lost(self, error: StrokeSegError) -> None:
        failed = self._failed
        self.close()
        failed(error)

    # -- what is drawn

    def drawn(self) -> sitk.Image:
        """All that is drawn, hidden small lesions included, on the proposal's grid.

        Raises:
            InputError: if the segmentation is not there any more.
        """
        from StrokeSegLogic.slicer_bridge.review_segments import drawn_labels

        return drawn_labels(*self._node_and_grid())

    def labels(self) -> sitk.Image:
        """What would leave: as `drawn`, without what the slider hides."""
        from StrokeSegLogic.slicer_bridge.segmentations import labels_of

        return labels_of(*self._node_and_grid())

    def hidden_ml(self) -> float:
        """Volume of the lesions that the slider hides."""
        from StrokeSegLogic.slicer_bridge.lesion_segments import hidden_ml

        return hidden_ml(self._node_and_grid()[0])

    def reset(self) -> None:
        """The proposal takes the place of what was drawn; the Segment Editor's undo brings that back."""
        if self._material is not None:
            self._panel.editor.save_undo()
            self._replace(self._material.proposal)

    def colour_changes(self, shown: bool) -> None:
        """Whether added and removed voxels are shown in colour."""
        self._coloured = shown
        self._show_changes()

    def _node_and_grid(self) -> tuple[Any, sitk.Image]:
        material, node = self._material, self._segmentation
        if material is None or node is None or slicer.mrmlScene.GetNodeByID(node.GetID()) is not node:
            where = "" if material is None else material.session.case
            fix = _("Open the case again: what was kept last is offered")
            raise InputError(_("its segmentation is not in the scene any more"), where=where, fix=fix)
        from StrokeSegLogic.review.versions import sitk_of

        return node, sitk_of(material.proposal)

    def _replace(self, mask: Any) -> None:
        from StrokeSegLogic.result.outcome import Maker
        from StrokeSegLogic.review.versions import sitk_of, styles_of
        from StrokeSegLogic.slicer_bridge.review_segments import replace_labels
        from StrokeSegLogic.space.volume import Volume

        assert self._material is not None
        node, _grid = self._node_and_grid()
        labels = sitk_of(mask)
        styles = styles_of(labels, self._material.record.modality)
        maker = Maker(self._material.session.reader)
        replace_labels(node, Volume.of(labels), styles, maker)

    def _edited(self) -> None:
        self._alive()
        self._show_changes()

    def _show_changes(self) -> None:
        material = self._material
        if material is None or self._segmentation is None:
            return
        try:
            now = self.labels()
        except StrokeSegError:
            return  # said where it matters: when it is to be kept or saved
        if self._coloured:
            self._colours.show_changes(now, material.proposal, self._reference())
        else:
            self._colours.hide_changes()
        self._changed(now)

    def _reference(self) -> Any | None:
        return None if self._panel.parameters is None else self._panel.parameters.referenceVolume
