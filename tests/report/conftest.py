"""A small trained network whose columns and classes have ordinary or hostile names."""

from dataclasses import replace

import pytest

import chainrule as cr
from chainrule.model import Explanation

HOSTILE = (
    "</script><script>document.title='broken'</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    "a'b\"c`d & e",
    "אבג\u202eabc\u200f",
    "🦉👩‍👩‍👧",
    "NUL\x00 and \u2028 line",
    "long " * 200,
)


LONG = tuple(
    f"average_{what}_of_the_{which}_measurement"
    for what in ("temperature", "humidity", "WWWWWWW")
    for which in ("first", "second", "third")
)[: len(HOSTILE)]


@pytest.fixture(scope="session")
def explanation():
    """Builds the explanation of a run with a ledger; names as asked for."""
    x = [[(7 * i + 3 * j) % 11 / 5 - 1 for j in range(len(HOSTILE))] for i in range(24)]
    y = [sum(row) > 0 for row in x]

    def build(*, names=(), classes=(), rows=None, ledger=True, table=False, deeper=0):
        hidden = [cr.Dense(5, 5, "tanh") for _ in range(deeper)]
        layers = [cr.Dense(len(HOSTILE), 5, "tanh"), *hidden, cr.Dense(5, 2, "softmax")]
        net = cr.Network(layers, seed=1, engine="python")
        net.fit(x, [int(yes) for yes in y], epochs=4, ledger=ledger, progress=False)
        shown = slice(rows)
        made = cr.explain(net, x[shown], [int(yes) for yes in y][shown])
        study = replace(made.study, class_names=tuple(classes), input_names=tuple(names))
        return Explanation(
            study,
            initial=lambda: made.initial_parameters,
            history=made.history,
            data="a made-up table",
            whole=(lambda: cr.explain(net, x, [int(yes) for yes in y])) if table else None,
        )

    return build


@pytest.fixture(scope="session")
def hostile(explanation):
    """An explanation in which every name tries to break out."""
    return explanation(names=HOSTILE, classes=HOSTILE[:2])


@pytest.fixture(scope="session")
def written(explanation, hostile, tmp_path_factory):
    """The pages of ordinary and hostile explanations, as files."""
    folder = tmp_path_factory.mktemp("pages")
    plain = explanation(names=[f"column {i}" for i in range(7)], classes=("no", "yes"))
    one = explanation(names=[f"column {i}" for i in range(7)], classes=("no", "yes"), rows=1)
    wide = {"names": LONG, "classes": ("out of order soon", "works as specified")}
    long = explanation(**wide, rows=1, table=True)
    pages = {"plain": plain, "hostile": hostile, "one": one, "long": long}
    pages["many"] = explanation(**wide)
    pages |= {f"deep{n}": explanation(**wide, rows=1, deeper=n) for n in (1, 9)}
    for name, each in pages.items():
        each.to_html(folder / f"{name}.html", top=8)
    return folder
