"""Watching where the updates of chosen weights come from while a network learns."""

from __future__ import annotations

from sys import float_info
from typing import Any, final

from chainrule.errors import OptionError
from chainrule.explanations.shares.update import Update, split_update
from chainrule.nn import find_weight, loss_and_gradient
from chainrule.train import TrainingRun, Watcher

_EPSILON = {"float64": float_info.epsilon, "float32": 2.0**-23}


@final
class UpdateProbe(Watcher):
    """Takes the steps of a few weights apart: gradient, momentum, clipping, weight decay.

    Give it to `fit` as one of `watchers`; a step that it looks at costs one gradient more, or two
    with a penalty on the weights.

    Args:
        weights: Their names, such as "dense1.weight[3,2]".
        every: Look at the steps whose number this divides.

    Raises:
        OptionError: If no weight is named, or `every` is below 1; when training begins, if the
            network has no weight of such a name.

    Attributes:
        updates: What was seen, in order: one record for each step and weight.

    Example:
        >>> from chainrule.model import Network
        >>> from chainrule.nn import Dense
        >>> from chainrule.train import SGD
        >>> net = Network([Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
        >>> probe = UpdateProbe("dense1.weight[0,0]")
        >>> _ = net.fit(
        ...     [[1.0]],
        ...     [[1.0]],
        ...     epochs=4,
        ...     optimizer=SGD(momentum=0.9),
        ...     validation=None,
        ...     learning_rate=0.3,
        ...     progress=False,
        ...     watchers=[probe],
        ... )
        >>> print(probe.updates[1])
        step 2: dense1.weight[0,0] moved by +0.42; it moved uphill because of momentum
          its gradient 0.4: -0.12, momentum: +0.54; the learning rate of this weight is 0.3
    """

    follows_weights = True

    def __init__(self, *weights: str, every: int = 1) -> None:
        if not weights or every < 1:
            raise OptionError(
                f"a probe watches at least one weight, every step or every few; found "
                f"{len(weights)} weights and every={every}"
            )
        self.weights = weights
        self.every = every
        self.updates: list[Update] = []
        self._places: dict[str, int] = {}
        self._split: Any = None

    def __repr__(self) -> str:
        return f"<probe of {', '.join(self.weights)}; {len(self.updates)} updates seen>"

    def begin(self, run: TrainingRun) -> None:
        """Find the weights, and prepare to take steps apart."""
        plan, layout = run.plan, run.plan.architecture.layout
        for weight in self.weights:
            parameter, index = find_weight(weight, layout.shapes)
            columns = layout.shapes[parameter][-1]
            within = index[0] * columns + index[1] if len(index) > 1 else index[0]
            self._places[weight] = layout.slices[parameter].start + within
        of_data = loss_and_gradient(plan.architecture, plan.loss)
        of_all = loss_and_gradient(plan.architecture, plan.loss, l1=plan.l1, l2=plan.l2)
        penalized = bool(plan.l1 or plan.l2)

        def split(state: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
            flat = state["parameters"]
            gradient = of_data(flat, batch)[1]
            parts = split_update(
                plan.optimizer,
                gradient,
                state["optimizer"],
                flat,
                learning_rate=batch["learning_rate"],
                step=state["steps"] + 1,
                penalty_gradient=of_all(flat, batch)[1] - gradient if penalized else None,
                clip_norm=plan.clip_norm,
            )
            return {**parts, "slope": gradient}

        self._split = run.engine.compile(split)

    def moved(self, run: TrainingRun, before: Any, batch: dict[str, Any]) -> None:
        """Take the step that was just made apart."""
        step = before["steps"] + 1
        if step % self.every:
            return
        parts = self._split(before, batch)
        after = run.parameters
        epsilon = _EPSILON.get(str(after.dtype).rpartition(".")[2], _EPSILON["float32"])
        for weight, place in self._places.items():
            at = float(before["parameters"][place])
            self.updates.append(
                Update(
                    weight=weight,
                    step=step,
                    before=at,
                    after=float(after[place]),
                    **{name: float(part[place]) for name, part in parts.items()},
                    rounding=4 * epsilon * abs(at),
                )
            )
