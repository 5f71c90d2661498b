"""Why an answer is given: the column without which, run again, it would change most."""

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.errors import DataError
from chainrule.model.answering import answer_rows
from chainrule.words import percent, quantity

QUICK = {"engine": "python", "epochs": 3, "progress": False, "layers": [4], "seed": 2}
ROWS = {"size": [1.0, 2.0, 3.0, 5.0] * 5, "kind": ["a", "b", "c", "b"] * 5}


def colours(count):
    return [f"colour {n % count}" for n in range(20)]


@pytest.mark.parametrize(
    ("target", "show"),
    [(colours(3), percent), (colours(2), percent), ([10.0 * n for n in range(20)], quantity)],
    ids=["three classes", "two classes", "a value"],
)
def test_the_column_whose_absence_changes_an_answer_most_is_named_with_both_answers(target, show):
    net = cr.train_on_table({**ROWS, "answer": target}, "answer", **QUICK).net
    rows = load({**ROWS, "answer": target})
    examples = net.recipe.features_only(rows)
    inputs = [list(examples.x[at : at + 4]) for at in range(0, len(examples.x), 4)]
    columns = {"size": [0], "kind": [1, 2, 3]}  # a number, and a category of three

    def said(x, own):
        """The probability of a class, or the value in the target's unit."""
        if show is quantity:
            return net.recipe.restore([net.forward([x]).tolist()[0][0]])[0]
        return net.predict_proba([x]).tolist()[0][own]

    for x, sentence in zip(inputs, answer_rows(net, rows, explain=True).because, strict=True):
        own = max(range(len(set(target))), key=lambda k: said(x, k))
        without = {
            name: said([0.0 if n in places else v for n, v in enumerate(x)], own)
            for name, places in columns.items()
        }
        most = max(without, key=lambda name: abs(without[name] - said(x, own)))
        became = f"{show(said(x, own))} becomes {show(without[most])} without it"
        assert sentence == f"{most}: {became}"


def test_what_training_never_had_is_told_by_row_and_column():
    table = {
        "rooms": [1.0, 2.0, 3.0, 4.0] * 5,
        "district": ["north", "south"] * 10,
        "note": ["a", "b", None, "c"] * 5,
        "when": [f"2024-01-0{n % 9 + 1}" for n in range(20)],
        "price": [10.0 * n for n in range(20)],
    }
    net = cr.train_on_table(table, "price", validation=0, **QUICK).net
    new = {
        "rooms": [None, 3.0, None],
        "district": ["west", "south", None],
        "note": [None, "z", "a"],
        "when": ["2024-01-03", None, "2024-01-04"],
    }
    never = "which training never had; it counts as"
    assert answer_rows(net, load(new)).notes == [
        f"row 0: rooms is missing, {never} the mean 2.5.",
        f"row 0: district is 'west', {never} none of its categories.",
        f"row 1: note is 'z', {never} none of its categories.",
        f"row 1: when is missing, {never} usual.",
        f"row 2: rooms is missing, {never} the mean 2.5.",
        f"row 2: district is missing, {never} none of its categories.",
    ]


def test_what_was_missing_in_training_too_is_not_told():
    table = {
        "rooms": [None, 2.0, 3.0, 4.0] * 5,
        "text": ["good house", "bad house", None, "good flat"] * 5,
        "when": [None, *(f"2024-01-0{n % 9 + 1}" for n in range(19))],
        "price": [10.0 * n for n in range(20)],
    }
    net = cr.train_on_table(table, "price", types={"text": "text"}, validation=0, **QUICK).net
    new = {"rooms": [None, 3.0], "text": [None, "good"], "when": [None, "2024-01-03"]}
    assert answer_rows(net, load(new)).notes == []


def test_rows_whose_names_differ_in_capitals_are_answered_under_their_own():
    table = {"Size": [1.5, 2.5] * 10, "kind": ["a", "b"] * 10}
    done = cr.train_on_table(table, "kind", epochs=1, engine="python", progress=False)
    new = load({"SIZE": [1.5, 2.5]})
    answered = answer_rows(done.net, new)
    assert answered.table.names == ("SIZE",)
    assert answered.answers == answer_rows(done.net, load({"Size": [1.5, 2.5]})).answers
    more = cr.train_on_table({**table, "x": [1, 2] * 10}, "kind", **QUICK).net
    with pytest.raises(DataError, match=r"has no column x, .*; it has SIZE:"):
        answer_rows(more, new)
    rows = cr.rows_for(done.net, {"SIZE": [1.5, 2.5], "Kind": ["a", "b"]})
    assert rows.cells == {"Size": 1.5}
