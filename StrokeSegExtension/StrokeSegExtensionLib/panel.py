"""The panel: sections around one set of parameters, a view of the presenter and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import slicer
import vtk
from slicer.i18n import tr as _

from StrokeSegLogic.base.errors import InputError, StrokeSegError
from StrokeSegLogic.slicer_bridge.input_volumes import input_volumes
from StrokeSegLogic.study.case import Role

from .background import Background
from .editor import EmbeddedEditor
from .export_section import ExportSection
from .lesion_section import LesionSection
from .model_section import ModelSection
from .notices import tint
from .options_section import OptionsSection
from .panel_ui import PanelUi
from .parameters import PanelParameters, parameters_of, volume_name
from .protocols import Clock, PanelActions, View
from .result_loader import ResultLoader
from .result_section import ResultSection
from .run_section import RunSection
from .segment_watch import SegmentWatch
from .states import State
from .study import Handle, ModelChoice, Offer, Place, RunResult, Settings, StudyInputs
from .study_section import StudySection
from .view_settings import inputs_of, roles_of, settings_of
from .views import SliceViews

if TYPE_CHECKING:
    from StrokeSegLogic.space.volume import Volume

_SETTLE_S = 0.1
"""Volumes come one by one, and a file's name after its voxels: they are offered together."""


class Panel:
    """`protocols.View` on Qt and MRML.

    Args:
        ui: the widgets.
        clock: calls later on the GUI thread.
        make_presenter: makes the presenter of this view.
    """

    def __init__(self, ui: PanelUi, clock: Clock, make_presenter: Callable[[View], PanelActions]) -> None:
        self.ui = ui
        self.parameters: PanelParameters | None = None
        self.state = State.IDLE
        self._clock = clock
        self._node: Any = None
        self._observer: int | None = None
        self._writing = False
        self._told: tuple[StudyInputs | None, Settings | None] = (None, None)
        self._offering: Any = None
        self.guests: list[Any] = []  # of `protocols.Guest`
        self._kept: RunResult | None = None
        background = self._background = Background(clock)
        tint(ui.frame.researchUseLabel, "caution")

        self.views = SliceViews(clock, lambda on: self._keep("sideBySide", on))
        self.study = StudySection(ui.study, lambda: self.parameters, self._chosen, lambda: self.presenter.assign())
        self.model = ModelSection(ui.model, self._model_chosen, lambda: self.presenter.models_changed(), background)
        self.options = OptionsSection(ui.options, lambda: self.parameters)
        self.run = RunSection(ui.run, self._segment_pressed)
        self.result = ResultSection(ui.result, self.views, lambda: self.parameters)
        self.editor = EmbeddedEditor(ui.correct, ui.frame.correctSection)
        shown = (self.views, self.editor, self.result)
        self.lesions = LesionSection(ui, clock, background, *shown, lambda: self.parameters)
        self.export = ExportSection(ui.export, lambda: self.parameters)
        self._watch = SegmentWatch(clock, self.result.update_volumes)
        self._loader = ResultLoader(clock, self._result_loaded, self._result_lost)
        self.presenter = make_presenter(self)
        self.result.connect_review(self.review_actions())

    # -- what the module tells

    def review_actions(self) -> dict[str, Callable[[], None]]:
        """What the four buttons of the review, and their shortcuts, do."""
        return {
            "previousSliceButton": self.presenter.previous_doubtful_slice,
            "nextSliceButton": self.presenter.next_doubtful_slice,
            "previousLesionButton": self.presenter.previous_lesion,
            "nextLesionButton": self.presenter.next_lesion,
        }

    def soon(self, call: Callable[[], None]) -> None:
        """Calls once everybody has heard of what happens now."""
        self._clock.call_later(0.0, call)

    def open_scene(self, scene: Any, node: Any) -> None:
        """Shows a scene and the parameters in it.

        Args:
            scene: the MRML scene.
            node: the module's parameter node.
        """
        self.forget_parameters()
        self.study.rows.set_scene(scene)
        self.editor.set_scene(scene)
        self.parameters, self._node = parameters_of(node), node
        self._observer = node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_event: self._parameters_changed())
        self._told = (None, None)
        self._parameters_changed()
        kept, self._kept = self._kept, None
        self.presenter.result_restored(self.result.record if kept is None else kept.record)
        if kept is not None:
            self.show_result(kept)
        self.offer_volumes()

    def close_scene(self) -> None:
        """Lets go of a scene that is going away; a run is stopped."""
        for guest in self.guests:
            guest.scene_closing()
        self._loader.abandon()
        self._kept = None
        self.presenter.scene_closed()
        self.views.restore()
        self.leave_scene()
        self.ui.unfold_study()

    def leave_scene(self) -> None:
        """Lets go of the scene's nodes while it is closed or filled; a run goes on."""
        self.views.stop()
        self.forget_parameters()
        self.editor.leave_scene()
        for section in (self.result, self.lesions, self.export):
            section.show(None)

    def forget_parameters(self) -> None:
        """Stops listening to the parameters."""
        self._watch.watch(None)
        if self._node is not None and self._observer is not None:
            self._node.RemoveObserver(self._observer)
        self.parameters = self._node = self._observer = None

    def close(self) -> None:
        """The panel goes away for good."""
        self._loader.abandon()
        self.views.close()
        for part in (*self.guests, self.lesions, self._background, self.model, self.presenter):
            part.close()
        self.forget_parameters()
        self.editor.set_scene(None)
        self.study.rows.set_scene(None)

    def offer_volumes(self) -> None:
        """Tells the presenter soon which volumes there are."""
        if self._offering is not None:
            self._offering.cancel()
        self._offering = self._clock.call_later(_SETTLE_S, self._tell_volumes)

    def _tell_volumes(self) -> None:
        self._offering = None
        if self.parameters is not None:
            self.presenter.volumes_changed(input_volumes(slicer.mrmlScene))

    # -- what the user does

    def _segment_pressed(self) -> None:
        if not self.state.busy:
            held = next(filter(None, (guest.holds() for guest in self.guests)), "")
            if held:
                # The result would take the place of what is before a reader, who would then sign another's labels.
                self.show_problem(InputError(held, fix=_("Decide on the case, or give it back, first")))
                return
            for section in (self.study, self.options):
                section.take_typed()
            self._parameters_changed()  # a point that was moved tells nobody
        self.presenter.segment_or_cancel()

    def _chosen(self, role: Role, node: Any) -> None:
        if self.parameters is None:
            return
        before = getattr(self.parameters, volume_name(role))
        self._keep(volume_name(role), node)
        if node is not None:
            self.presenter.choose(role, node.GetID())
        elif before is not None:
            handle = before.GetID()
            self._clock.call_later(0.0, lambda: self._emptied(role, handle))

    def _emptied(self, role: Role, handle: Handle) -> None:
        """A row lost its volume: by the user's hand if the volume is still there."""
        parameters = self.parameters
        if parameters is None or slicer.mrmlScene.GetNodeByID(handle) is None:
            return
        if getattr(parameters, volume_name(role)) is None:
            self.presenter.choose(role, None)

    def _model_chosen(self, key: str) -> None:
        if self.parameters is not None:
            setattr(self.parameters, "route" if self.parameters.modality == "ctp" else "model", key)

    def _parameters_changed(self) -> None:
        if self.parameters is None or self._writing:
            return
        self._show_parameters(self.parameters)
        inputs, settings = inputs_of(self.parameters, _case_name()), settings_of(self.parameters)
        (told_inputs, told_settings), self._told = self._told, (inputs, settings)
        if settings != told_settings:
            self.presenter.settings_changed(settings)
        if inputs != told_inputs:
            self.presenter.inputs_changed(inputs)

    def _show_parameters(self, parameters: PanelParameters) -> None:
        self.study.show(parameters, inputs_of(parameters, _case_name()))
        for section in (self.options, self.result, self.editor, self.lesions, self.export):
            section.show(parameters)
        self._watch.watch(parameters.segmentation)

    def _keep(self, name: str, value: Any) -> None:
        """Sets a parameter, where there are any, and hears nothing of it."""
        if self.parameters is not None:
            self._writing = True
            try:
                setattr(self.parameters, name, value)
            finally:
                self._writing = False
            self._told = (inputs_of(self.parameters, _case_name()), self._told[1])

    # -- the view

    def show_state(self, state: State) -> None:
        self.state = state
        self.run.show_state(state)
        for section in (self.study, self.options, self.model):
            section.set_enabled(not state.busy)

    def show_inputs(self, inputs: StudyInputs) -> None:
        if self.parameters is None:
            return
        for role in roles_of(inputs.modality):
            handle = inputs.volumes.get(role)
            node = slicer.mrmlScene.GetNodeByID(handle) if handle else None
            if getattr(self.parameters, volume_name(role)) is not node:
                self._keep(volume_name(role), node)
        self.study.show(self.parameters, inputs_of(self.parameters, _case_name()))

    def show_offers(self, offers: Mapping[Role, Offer], notes: Sequence[str]) -> None:
        self.study.show_offers(offers, notes)

    def show_models(self, models: Sequence[ModelChoice]) -> None:
        chosen = self.parameters
        key = "" if chosen is None else (chosen.route if chosen.modality == "ctp" else chosen.model)
        self.model.show(models, key)
        self.model.set_enabled(not self.state.busy)

    def show_progress(self, fraction: float, stage: str) -> None:
        self.run.show_progress(fraction, stage)

    def show_problem(self, problem: StrokeSegError | None) -> None:
        self.run.show_problem(problem)

    def may_run(self, doubt: StrokeSegError) -> bool:
        return self.run.ask_to_run(doubt)

    def append_log(self, line: str) -> None:
        self.run.append_log(line)

    def show_result(self, result: RunResult) -> None:
        if self.parameters is None:
            # The scene is being filled: the result is loaded once that is over.
            self._kept = result
        else:
            self._loader.load(slicer.mrmlScene, self.parameters, result)

    def show_place(self, place: Place) -> None:
        self.result.show_place(place)

    def show_review(self, words: str, slices: bool, lesions: bool) -> None:
        self.result.show_review(words, slices, lesions)

    def voxels(self, handle: Handle) -> Volume:
        from StrokeSegLogic.slicer_bridge.sequences import read_input

        return read_input(slicer.mrmlScene, handle)

    # -- the result

    def _result_loaded(self, _result: RunResult) -> None:
        self.presenter.result_taken()
        if self.parameters is not None:
            self.ui.unfold_result()
            self.result.show_side_by_side()

    def _result_lost(self, error: StrokeSegError) -> None:
        self.presenter.result_taken()
        self.run.show_problem(error)


def _case_name() -> str:
    return _("Slicer scene")
