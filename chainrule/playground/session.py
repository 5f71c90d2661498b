"""One person's session: a network, its rows, and calls by name that answer with plain data."""

from __future__ import annotations

import inspect
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.data import own_value
from chainrule.errors import (
    ChainruleError,
    NotANumberError,
    OptionError,
    require_known,
    require_number,
    require_whole,
    shown,
)
from chainrule.model import Explanation, Rows, check_gradients, explain, health
from chainrule.playground.course import Course
from chainrule.playground.edits import own_target, with_number, with_weight
from chainrule.playground.fault import Game
from chainrule.playground.opening import Options, choices, open_data, opened_again, rows_of_model
from chainrule.playground.readings import grid, narrowed, program_line
from chainrule.report import FORMATS, as_json, diagram, first_screen, passes, weight_detail, written

CALLS = (
    *("open", "state", "look", "answer", "weights", "why", "edit", "undo", "train", "learn"),
    *("change", "rewind", "ledger", "health", "grid", "plant", "guess", "export", "tour"),
)
"""The names of the calls; each is a method of a session."""

FIRST_STEPS = 150
"""How many steps the first network has taken when the page opens: enough to err interestingly."""

MOST_STEPS = 2_000
"""The most steps of one call, so that a page that says stop is heard soon."""

MOST_OF_A_LINK = 100_000
"""The most steps that a link takes at once."""

MOST_WORK = 2_000_000
"""Rows × weights up to which the mean of all rows is explained."""

MOST_INPUTS = 100
"""How many inputs of an example are listed, to be edited."""

LISTED = 60
"""How many weights the table lists, the steepest first."""


@final
class Session:
    """A network that is watched, changed and asked, call by call.

    A call that cannot be answered gives `{"error": sentence}` and changes nothing.

    Args:
        model: A file that `chainrule train` has saved; without it, a built-in example.
        data: A file or a built-in name; the model's own if left out.
        seed: Decides the first weights and the order of the rows of what is trained here.
        tour: The stops of the tour, each with `name`, `title` and `text`, perhaps `texts` with
            lines of other lengths.

    Raises:
        ChainruleError: If model or data cannot be used.

    Example:
        >>> session = Session()
        >>> session.call("train", {"steps": 2})["step"]
        152
        >>> session.call("train", {"steps": -1})
        {'error': 'steps is -1: it must be a whole number from 1 to 2,000'}
    """

    def __init__(
        self,
        model: str | Path | None = None,
        data: str | None = None,
        *,
        seed: int = 0,
        tour: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._tour = [dict(stop) for stop in tour]
        if model is not None:
            self._begin(rows_of_model(model, data), Options(seed=seed), own=True)
        else:
            options = Options(seed=seed) if data is None else Options(seed=seed, data=data)
            self._begin(open_data(options), options)
            self._course.train(FIRST_STEPS)
        self._place = self._worst()

    def _begin(self, rows: Rows, options: Options, *, own: bool = False) -> None:
        self._course, self._game = Course(rows, options), Game()
        self._opened, self._own = rows, own
        self._place, self._mean = 0, False
        self._explained: tuple[Any, Explanation] | None = None
        self._whole: tuple[Any, Callable[[], Explanation]] | None = None
        self._checked: tuple[Explanation, Any] | None = None

    def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Answer one call.

        Args:
            name: What is asked for, such as "look" or "train".
            arguments: Its arguments by name.

        Returns:
            Plain data that JSON can hold; numbers that are not finite are text.
        """
        try:
            require_known("call", CALLS, name)
            method, given = getattr(self, name), dict(arguments or {})
            try:
                inspect.signature(method).bind(**given)
            except TypeError as error:
                raise OptionError(f"the call {name!r} does not fit: {error}") from None
            answer: dict[str, Any] = as_json(method(**given))
            return answer
        except ChainruleError as error:
            return {"error": str(error)}

    # What it is about.

    def open(
        self,
        options: Mapping[str, Any] | None = None,
        csv: str | None = None,
        model: str | None = None,
        acts: Sequence[Sequence[Any]] = (),
        row: int | None = None,
        own: bool = False,
    ) -> dict[str, Any]:
        """Begin anew: with other options, an own table or model, or from what a link holds.

        Args:
            options: Those of `Options`, by name; the others as they begin.
            csv: The text of a table.
            model: A model file in base64.
            acts: What to do again, as `state` tells it.
            row: The row to show; the one of the largest loss if left out.
            own: Whether to take the own rows that are open, for another network.
        """
        wanted = Options.of(options or {})
        before = dict(vars(self))
        given = csv is not None or model is not None
        kept = own and self._own and not given
        try:
            if model is not None:
                try:
                    file = b64decode(model, validate=True)
                except ValueError:
                    raise OptionError("model is the file's bytes in base64") from None
                rows = rows_of_model(file)
            elif kept:
                rows = opened_again(self._opened, wanted)
            else:
                rows = open_data(wanted, csv)
            self._begin(rows, wanted, own=given or kept)
            for act in acts:
                self._again(act)
            self._place = self._worst() if row is None else self._place_of(row)
        except ChainruleError:
            vars(self).update(before)
            raise
        return self.state()

    def _again(self, act: Sequence[Any]) -> None:
        match act:
            case ["learn", row]:
                self._place = self._place_of(row)
                self.learn()
            case ["edit", what, value, row]:
                self._place = self._place_of(row)
                self.edit(what, value)
            case ["change", Mapping() as options]:
                self.change(options)
            case ["train", steps]:
                require_whole("the number of steps in the link", steps, most=MOST_OF_A_LINK)
                for taken in range(0, steps, MOST_STEPS):
                    self.train(min(steps - taken, MOST_STEPS))
            case ["train" | "edit" | "learn" | "change", *_]:
                raise OptionError(f"the link does not say what to do: {list(act)} is incomplete")
            case _:
                raise OptionError(f"the link does not say what to do: {act!r} is not an act")

    def state(self) -> dict[str, Any]:
        """Everything around the network: options, choices, steps, and what a link holds."""
        course, net = self._course, self._course.net
        link = {"options": course.opened.to_dict(), "acts": course.acts, "row": self._row}
        return {
            "source": course.rows.source,
            "rows": len(course.rows),
            "learnt_from": len(course.learnt_from),
            "target": course.rows.examples.target_name,
            "inputs": list(course.rows.examples.feature_names),
            "classes": list(course.rows.examples.class_names),
            "layers": [
                {"name": name, "units": layer.out_features, "activation": layer.activation}
                for name, layer in self._explanation().network.dense.items()
            ],
            "weights": net.architecture.layout.size,
            "engine": net.engine.name,
            "loss_name": net.loss_for(None).name,
            "options": course.options.to_dict(),
            "choices": choices(),
            "step": course.step,
            "steps_in_epoch": course.steps_in_epoch(),
            "curve": [[moment.step, moment.loss] for moment in course.moments],
            "undo": len(course.undone),
            "own": self._own,
            "link": None if self._own or self._game.on else link,
            "fault": self._game.on,
            "tour": [{"name": stop["name"], "title": stop["title"]} for stop in self._tour],
        }

    # What is seen.

    def look(self, row: int | str | None = None, mean: bool | None = None) -> dict[str, Any]:
        """One example, or the mean of all: forward, loss, backward, and the next update.

        Args:
            row: Its number, "previous", "next" or "worst"; the one last looked at if left out.
            mean: Whether the mean of all rows is explained in place of this one.
        """
        count = len(self._course.rows)
        if row in ("previous", "next"):
            self._place = (self._place + (1 if row == "next" else -1)) % count
        elif row == "worst":
            self._place = self._worst()
        elif row is not None:
            self._place = self._place_of(row)
        if mean is not None:
            self._set_mean(mean)
        explanation, course = self._explanation(), self._course
        here, study = course.rows.at([self._place]), explanation.network
        one = study if not self._mean else explain(course.net, here).network
        standing = one.standing()
        seen = {
            "row": self._row,
            "place": self._place,
            "rows": count,
            "held_out": self._row in here.held_out,
            "mean": self._mean,
            "wanted": one.truths[0],
            "got": standing.answers[0],
            "right": standing.right[0] if standing.right else None,
            "loss": standing.losses[0],
            "mean_loss": explanation.loss if self._mean else course.moments[-1].loss,
            "inputs": self._inputs(here),
            "targets": one.t.tolist()[0],
            "target": own_target(here),
            "passes": passes(one),
            "diagram": diagram(study, explanation.gradients, explanation.weights.total),
            "step": course.step,
            "update": None,
        }
        if not self._mean:  # what one step on this row alone would do, done on a twin
            with suppress(NotANumberError):  # then there is no update to show
                twin = self._course.after_step(self._place)
                seen["update"] = {"loss": explain(twin, here).loss}
        return seen

    def _inputs(self, here: Rows) -> list[dict[str, Any]]:
        names = here.examples.feature_names
        shown = names if len(names) <= MOST_INPUTS else ()
        scales = here.recipe.scales
        own = [own_value(x, *scale) for x, scale in zip(here.examples.row(0), scales, strict=True)]
        return [
            {"name": name, "value": own[at], "reading": here.reading(at)}
            for at, name in enumerate(shown)
        ]

    def answer(self) -> dict[str, Any]:
        """Which weights caused the error, in a measured sentence, and the groups of weights."""
        screen = first_screen(self._explanation())
        return {n: screen[n] for n in ("headline", "answer", "said", "weight", "notes", "groups")}

    def weights(self, top: int = LISTED) -> dict[str, Any]:
        """The steepest weights with their values, slopes and shares.

        Args:
            top: How many.
        """
        require_whole("top", top)
        explanation = self._explanation()
        shown = explanation.weights.top(top)
        rows = [
            {"name": w.name, "value": w.value, "slope": w.slope, "share": w.share} for w in shown
        ]
        layers = {}
        for name, g in explanation.gradients.items():
            layers[name] = sqrt(sum(x * x for x in namespace_of(g).reshape(g, (-1,)).tolist()))
        return {"rows": rows, "in_all": len(explanation.weights), "by_layer": layers}

    def why(self, weight: str) -> dict[str, Any]:
        """One weight: receipt, slope, curve with tangent, the program's line, and a verdict.

        Args:
            weight: Its name, such as `dense1.weight[0,1]`.
        """
        explanation = self._explanation()
        parameter, _ = explanation.study.find(str(weight))
        detail = weight_detail(explanation, weight)
        rows = self._course.rows if self._mean else self._course.rows.at([self._place])
        net, verdict = self._course.net, None
        if net.architecture.layout.size * len(rows) <= MOST_WORK // 20:
            if self._checked is None or self._checked[0] is not explanation:
                self._checked = explanation, check_gradients(net, rows.examples, rows.y)
            named = (str(v) for v in self._checked[1].verdicts if v.name == parameter)
            verdict = next(named, None)
        line = None if self._mean else program_line(net, rows, weight)
        return {**detail, "verdict": verdict, "line": line}

    # What is changed.

    def edit(self, what: str, value: float) -> dict[str, Any]:
        """Put another number in place of a weight, a bias, an input or the target of the row.

        Args:
            what: A weight's name; `input[N]`, counted from 0; or `target`.
            value: The number; for a class, its index.
        """
        require_number("value", value)
        number, course, what = float(value), self._course, str(what)
        if what == "target" or what.startswith("input["):
            rows = with_number(course.rows, self._place, what, number)
            course.about_to_edit()
            course.rows = rows
        else:
            changed = with_weight(course.net, what, number)
            course.about_to_edit()
            course.net.set_parameters(changed)
        course.edited("edit", what, number, self._row)
        return self.state()

    def undo(self) -> dict[str, Any]:
        """Take the last edit back, and the training that followed it."""
        self._course.undo()
        self._game.end()
        return self.state()

    def train(self, steps: int = 1, look: bool = False) -> dict[str, Any]:
        """Take some training steps.

        Args:
            steps: How many, up to 2,000.
            look: Whether what `look` tells comes along, which spares a page that plays a call.
        """
        require_whole("steps", steps, most=MOST_STEPS)
        self._course.train(steps)
        return self.state() | ({"look": self.look()} if look else {})

    def learn(self) -> dict[str, Any]:
        """One step on this row alone."""
        self._course.about_to_edit()
        self._course.learn_example(self._place)
        self._course.edited("learn", self._row)
        return self.state()

    def change(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Go on with other options; other units begin anew and take as many steps.

        Args:
            options: Some of those that `course.CHANGED` lists.
        """
        self._course.change(options)
        return self.state()

    def rewind(self, step: int = 0) -> dict[str, Any]:
        """Go back to the latest kept moment at or before a step; 0 is the first weights.

        Args:
            step: Which step.
        """
        require_whole("step", step, least=0)
        self._course.rewind(step)
        self._game.end()
        return self.state()

    # What is measured.

    def ledger(self) -> dict[str, Any]:
        """Which layers did the learning since the last edit; the run is taken again for it."""
        account, at = self._course.ledger()
        running = account.running
        places = (at + step.step for step in account.steps)
        return {
            "sentence": account.sentence(),
            "trusted": account.trusted,
            "layers": account.by_layer(),
            "names": list(running),
            "points": list(zip(places, *running.values(), strict=True)),
        }

    def health(self) -> dict[str, Any]:
        """What keeps it from learning."""
        rows, options = self._course.learnt_from, self._course.options
        how: Any = {"optimizer": options.optimizer, "learning_rate": options.learning_rate}
        return health(self._course.net, rows.examples, rows.y, **how).to_dict()

    def grid(self) -> dict[str, Any]:
        """What the network says over the plane of its two inputs."""
        return grid(self._course.net, self._course.rows)

    # The game.

    def plant(self, seed: int = 0) -> dict[str, Any]:
        """Move a hidden weight so that the mean loss rises.

        Args:
            seed: Decides which.
        """
        course = self._course
        fault, before = self._game.plant(course.learnt_from, seed), course.moment()
        self.edit(fault.name, fault.after)
        self._game.hide(fault, lambda: course.go_to(before))
        return {"loss_before": fault.loss_before, "loss_after": fault.loss_after}

    def guess(self, weight: str) -> dict[str, Any]:
        """Say which weight was moved: the truth comes out, and the weight goes back.

        Args:
            weight: Its name.
        """
        return self._game.guess(self._course.learnt_from, weight)

    # What goes out.

    def export(self, form: str) -> dict[str, Any]:
        """The weights and their slopes as CSV or JSON, or the Python that reproduces them.

        Args:
            form: "csv", "json" or "python".
        """
        require_known("format", FORMATS, form)
        return written(form, self._explanation())

    def tour(self, stop: str, columns: int = 80) -> dict[str, Any]:
        """One stop of the tour, in the words of `chainrule tour`.

        Args:
            stop: Its name.
            columns: How many fit beside each other: what is no prose is made to fit.
        """
        stops = {each["name"]: each for each in self._tour}
        require_known("stop", stops, stop)
        return narrowed(stops[stop], columns)

    # What the calls share.

    @property
    def _row(self) -> int:
        return self._course.rows.numbers[self._place]

    def _place_of(self, row: object) -> int:
        numbers = self._course.rows.numbers
        if isinstance(row, bool) or row not in numbers:
            raise OptionError(
                f"there is no row {shown(row)}; the rows are {min(numbers)} to {max(numbers)}"
            )
        return numbers.index(row)

    def _worst(self) -> int:
        losses = self._course.rows.losses()
        return max(range(len(losses)), key=losses.__getitem__)

    def _set_mean(self, mean: object) -> None:
        work = len(self._course.rows) * self._course.net.architecture.layout.size
        if mean and work > MOST_WORK:
            raise OptionError(
                f"the mean over {len(self._course.rows):,} rows of so many weights would "
                "take long; look at one example, or ask `chainrule explain`"
            )
        self._mean = bool(mean)

    def _explanation(self) -> Explanation:
        """The explanation of what is looked at, kept until something changes."""
        course = self._course
        state = (course.acts, course.step, id(course.rows))
        key = (*state, None if self._mean else self._place)
        if self._explained is None or self._explained[0] != key:
            rows = course.rows if self._mean else course.rows.at([self._place])
            explanation = explain(course.net, rows)
            if explanation.whole and (self._whole is None or self._whole[0] != state):
                self._whole = state, cache(explanation.whole)
            if explanation.whole and self._whole:  # one for every row: what it finds holds for all
                explanation = replace(explanation, whole=self._whole[1])
            self._explained = key, explanation
        return self._explained[1]
