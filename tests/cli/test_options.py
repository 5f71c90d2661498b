"""What the commands' options take for a value."""

import json
from contextlib import suppress
from inspect import signature

import click
import pytest

import chainrule as cr
from chainrule.checking import Verdict
from chainrule.cli import commands
from chainrule.cli.options import Asked, number_or


@pytest.mark.parametrize("least", [0, 1])
def test_a_number_is_whole_from_the_least_on_and_has_at_most_18_digits(least):
    read = number_or("all", what="a number of rows", least=least)
    largest = 10**18 - 1
    assert [read(f"{n}") for n in ("all", least, largest)] == ["all", least, largest]
    for other in (least - 1, largest + 1, "1.5", "", "1e3", "All"):
        with pytest.raises(click.BadParameter, match=f"a number of rows, from {least} on, nor 'al"):
            read(f"{other}")


def options(kind):
    """Each command's options whose values are of a kind."""
    for command, made in commands.chainrule.commands.items():
        for param in made.params:
            if isinstance(param.type, kind):
                yield command, param.name, param.type


def test_the_least_and_the_most_of_each_number():
    kinds = click.IntRange, click.FloatRange
    ranges = {(c, name): (kind.min, kind.max) for each in kinds for c, name, kind in options(each)}
    assert ranges == {
        ("tour", "learning_rate"): (0, None),
        ("train", "processes"): (1, None),
        ("explain", "top"): (1, None),
        ("explain", "weights"): (1, None),
        ("play", "port"): (0, 65535),
    }


def test_a_default_stands_in_the_help_but_of_what_is_drawn():
    silent = {
        (command, param.name)
        for command, made in commands.chainrule.commands.items()
        for param in made.params
        if getattr(param, "show_default", None) is False
    }
    drawn = ("play", "port"), *(("search", name) for name in ("layers", "learning_rate", "dropout"))
    assert silent == set(drawn)


def leasts():
    """The least whole number of each option that takes one, or a word in its place."""
    for command, name, kind in options(click.types.FuncParamType):
        with suppress(click.BadParameter):
            kind.func("worst" if name == "row" else "all")
            accepted = []
            for number in range(3):
                with suppress(click.BadParameter):
                    accepted.append(kind.func(str(number)))
            yield command, name, accepted[0]


def test_rows_are_counted_from_0_and_how_many_from_1():
    rows = {(command, name, least) for command, name, least in leasts() if name == "row"}
    assert {least for *_, least in rows} == {0}
    assert set(leasts()) - rows == {("check", "count", 1)}


FUNCTIONS = {
    "train": (cr.train_on_table, cr.Network.fit),
    "search": (cr.search, cr.train_on_table, cr.Network.fit),
    "explain": (cr.Explanation.to_dict, cr.Explanation.columns),
    "mend": (cr.Explanation.mend,),
    "check": (cr.check_gradients,),
    "exercise": (cr.exercise,),
    "play": (cr.Network,),
}


@pytest.mark.parametrize("command", FUNCTIONS)
def test_an_option_that_is_left_out_is_what_it_is_in_python(command):
    """No words and no types are none, as False is."""
    words = {"mend": ["m", "--row", "0"], "exercise": [], "play": []}.get(command, ["data"])
    left_out = commands.chainrule.commands[command].make_context(command, words).params
    there = {
        name: param.default
        for function in reversed(FUNCTIONS[command])
        for name, param in signature(function).parameters.items()
        if param.default is not param.empty
    }
    both = left_out.keys() & there.keys()
    assert "seed" in both
    assert {n: left_out[n] or None for n in both} == {n: there[n] or None for n in both}


@pytest.mark.parametrize("notes", [[], ["One row is odd."]])
def test_an_answer_has_the_notes_that_there_are_and_what_else_is_told(notes, capsys):
    answer = Verdict("w", "agrees", "complex step", 4.0, 4.0, 1e-15, "agrees to 16 digits")
    asked = {"model": "m", "data": None, "labels": None, "engine": "python"}
    Asked(**asked, as_json=True).answer(answer, notes=notes, written="out")
    told = {"model": "m", **answer.to_dict(), "written": "out"} | (
        {"notes": notes} if notes else {}
    )
    assert json.loads(capsys.readouterr().out) == told
    Asked(**asked, as_json=False).answer(answer, notes=notes)
    assert capsys.readouterr().out == "".join(f"{line}\n" for line in [*notes, answer])
