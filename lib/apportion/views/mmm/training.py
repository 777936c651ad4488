"""Ask for a training, and follow it: the form and its progress."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as widgets
import traitlets

from apportion.errors import AlreadyRequestedError, ApportionError, ConflictError
from apportion.results.mmm import Check
from apportion.results.mmm_settings import Grain
from apportion.results.runs import ChainProgress, Run, RunStatus
from apportion.views import theme
from apportion.views.channels import channel_looks
from apportion.views.parts import cards
from apportion.views.parts.boxes import html, stack
from apportion.views.parts.elements import module, paths
from apportion.views.parts.icons import ICONS

if TYPE_CHECKING:
    from apportion.workspace import Workspace
    from apportion.workspace.mmm_data import BeforeTraining

KIND = "mmm"
LOOKED_AT = 20
"""The newest runs among which one that goes on is looked for."""

_HERE = Path(__file__)
_GRAINS = {Grain.WEEK: "Weeks", Grain.DAY: "Days"}

Note = dict[str, str]


class TrainingForm(anywidget.AnyWidget):
    """Which channels and which days to train on; what the data say to that; and the run.

    A run goes on without the page. Who opens it again finds the run that waits or runs.

    Parameters
    ----------
    workspace : Workspace
        Whose data; it refuses a viewer whatever the page shows.
    on_trained : callable
        Called when a run that was followed here has completed.
    before : BeforeTraining, optional
        What there is to train on, where it has been read already.
    """

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")

    suggestions = traitlets.List(traitlets.Dict()).tag(sync=True)
    channels = traitlets.Unicode().tag(sync=True)
    start = traitlets.Unicode().tag(sync=True)
    end = traitlets.Unicode().tag(sync=True)
    first_day = traitlets.Unicode().tag(sync=True)
    last_day = traitlets.Unicode().tag(sync=True)
    checks = traitlets.List(traitlets.Dict()).tag(sync=True)
    is_refused = traitlets.Bool(False).tag(sync=True)
    told = traitlets.List(traitlets.Dict()).tag(sync=True)
    run = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True)
    icons = traitlets.Dict().tag(sync=True)
    grain = traitlets.Unicode().tag(sync=True)
    grains = traitlets.List(traitlets.List()).tag(sync=True)

    def __init__(
        self,
        workspace: "Workspace",
        on_trained: Callable[[], None],
        before: "BeforeTraining | None" = None,
    ) -> None:
        self._workspace = workspace
        self._on_trained = on_trained
        self._run_id: str | None = None
        before = before or workspace.mmm.before_training()
        spend = before.spend
        looks = channel_looks(each.channel for each in spend)
        super().__init__(
            suggestions=[
                {
                    "name": each.channel,
                    "title": looks[each.channel].name,
                    "glyph": ICONS[looks[each.channel].glyph],
                    "colour": looks[each.channel].colour,
                    "told": theme.count(each.weeks, "week"),
                }
                for each in spend
            ],
            first_day=min((each.first_day.isoformat() for each in spend), default=""),
            last_day=max((each.last_day.isoformat() for each in spend), default=""),
            icons={**paths("info", "warn", "bad"), "good": ICONS["ok"]},
        )
        self._possible = before.grains
        self._read_grain()
        self._say(before.checks)
        self._find()
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: dict[str, Any], __: Sequence[bytes]) -> None:
        match content.get("kind"):
            case "check":
                self._take(content)
                self._check()
            case "train":
                self._take(content)
                self._train()
            case "grain":
                self._take(content)
                self._set_grain(str(content.get("grain")))
            case "cancel":
                self._cancel()
            case "poll":
                self._follow()

    def _take(self, content: dict[str, Any]) -> None:
        for name in ("channels", "start", "end"):
            setattr(self, name, str(content.get(name, "")))

    def _read_grain(self) -> None:
        """Show what models are fitted to, and offer days where the data are daily."""
        now = self._workspace.mmm.settings.get().grain
        offered = {now, Grain.WEEK, *self._possible}
        self.grains = [[each.value, text] for each, text in _GRAINS.items() if each in offered]
        self.grain = now.value

    def _set_grain(self, grain: str) -> None:
        try:
            self._workspace.mmm.settings.set_grain(Grain(grain))
        except ApportionError as error:
            self.told = [_note("bad", "Not stored", str(error))]
        self._read_grain()
        self._check()
        self.send({"kind": "done"})

    def _check(self) -> None:
        self._say(lambda: self._workspace.mmm.check(self.channels, self.start, self.end))

    def _say(self, look: Callable[[], Sequence[Check]]) -> None:
        """Show what looking at the data gives, or why they cannot be trained."""
        try:
            checks = look()
        except ApportionError as error:
            self.checks, self.is_refused = (
                [_note("bad", "This cannot be trained", str(error))],
                True,
            )
            return
        good = [] if checks else [_note("good", "Nothing in the data speaks against it")]
        self.checks, self.is_refused = [*map(_caution, checks), *good], False

    def _train(self) -> None:
        try:
            run = self._workspace.mmm.request(self.channels, self.start, self.end)
        except AlreadyRequestedError as error:
            self.told = [_note("info", "A training is on its way already", str(error))]
            self._find()
        except ApportionError as error:
            self.told = [_note("bad", "The training was not started", str(error))]
        else:
            self.told = []
            self._show(run)
        self.send({"kind": "done"})

    def _cancel(self) -> None:
        if self._run_id is None:
            return
        try:
            self._show(self._workspace.runs.cancel(self._run_id))
        except ConflictError:  # it has ended meanwhile
            self._follow()
        except ApportionError as error:
            self.told = [_note("bad", "It was not cancelled", str(error))]

    def _find(self) -> None:
        going_on = (
            run
            for run in self._workspace.runs.list(LOOKED_AT)
            if run.kind == KIND and not run.status.has_ended
        )
        run = next(going_on, None)
        if run is not None:
            self._show(run)

    def _follow(self) -> None:
        if self._run_id is not None:
            self._show(self._workspace.runs.get(self._run_id))

    def _show(self, run: Run) -> None:
        self._run_id = None if run.status.has_ended else run.id
        self.run = {
            "id": run.id,
            "ended": run.status.has_ended,
            "title": "Waiting for a worker" if run.status is RunStatus.QUEUED else "Training",
            "percent": round(100 * run.progress),
            "left": _left(run.remaining_seconds),
            "message": f"{run.message}." if run.message else "",
            "chains": [_chain(chain) for chain in run.chains],
        }
        match run.status:
            case RunStatus.COMPLETED:
                self.told = [_note("good", "Trained", "The page shows the new version.")]
                self._on_trained()
            case RunStatus.CANCELLED:
                text = "Nothing of it was stored; the version above stays."
                self.told = [_note("info", "The training was cancelled", text)]
                self._on_trained()
            case RunStatus.FAILED:
                self.told = [_note("bad", "The training ended without a version", run.message)]
                self._on_trained()


def training_card(
    workspace: "Workspace", on_trained: Callable[[], None], before: "BeforeTraining"
) -> widgets.VBox:
    """Give the card with the form."""
    drawn = (
        "It runs in the background, usually for one to three minutes. The version that the page "
        "shows stays until the new one has passed its checks."
    )
    title = html(cards.title("Train a model", drawn))
    return stack([title, TrainingForm(workspace, on_trained, before)], "ap-card")


def _caution(check: Check) -> Note:
    first, stop, rest = check.message.partition(". ")
    return _note("warn", first + stop.strip(), rest)


def _note(tone: str, title: str, text: str = "") -> Note:
    return {"tone": tone, "title": title, "text": text}


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"about {theme.duration(max(seconds, 1))} left"


def _chain(chain: ChainProgress) -> dict[str, object]:
    share = chain.draws / chain.total if chain.total else 0.0
    return {
        "chain": chain.chain,
        "percent": round(100 * share),
        "told": f"{chain.draws:,} of {chain.total:,}",
    }
