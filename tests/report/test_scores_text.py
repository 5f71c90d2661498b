"""Scores on a screen and in a notebook."""

import random
from dataclasses import replace
from html.parser import HTMLParser

from chainrule.model.scores import Baseline, Bin, Scores
from chainrule.words import WIDTH, on_screen

THREE = Scores(
    12,
    0.5,
    accuracy=0.75,
    commonest="a",
    commonest_share=0.8,
    confusion=(("a", "a", 8), ("a", "b", 2), ("b", "a", 1), ("b", "b", 1)),
    baselines=(Baseline("linear model", 0.8, 0.5), Baseline("a every time", 0.8, 0.5)),
)


def squares(text):
    return [line.split() for line in text.splitlines()]


def test_the_matrix_has_targets_below_each_other_and_answers_side_by_side():
    lines = squares(str(THREE))
    start = lines.index(["truth", "a", "b", "rows", "precision", "recall"])
    assert lines[start + 1] == ["a", "8", "2", "10", "88.9%", "80.0%"]
    assert lines[start + 2] == ["b", "1", "1", "2", "33.3%", "50.0%"]


def test_a_count_of_weights_is_called_so():
    bins = (Bin(0.9, 1.0, 12.5, 0.95, 0.75),)
    text = str(replace(THREE, weighed=True, reliability=bins, calibration_error=0.2))
    assert ["truth", "a", "b", "weight", "precision", "recall"] in squares(text)
    assert "how sure          right  weight   ░" in text
    assert "rows  precision" not in text


def test_the_network_stands_beside_its_baselines_and_the_better_one_is_named():
    lines = squares(str(THREE))
    assert ["this", "network", "75.0%", "65.0%"] in lines
    assert ["linear", "model", "80.0%", "50.0%"] in lines
    assert "linear model does better than the network" in str(THREE)


def test_one_answer_to_everything_is_named_with_the_cure():
    pairs = (("a", "a", 8), ("b", "a", 2))
    scores = Scores(10, 0.5, accuracy=0.8, confusion=pairs, baselines=THREE.baselines)
    assert "It says a for every row: train with --class-weight balanced" in str(scores)
    assert '<p class="note">It says a for every row: ' in scores._repr_html_()


def test_one_answer_after_a_training_that_ran_away_calls_for_a_smaller_learning_rate():
    pairs = (("a", "a", 8), ("b", "a", 2))
    scores = Scores(10, 4e27, accuracy=0.8, confusion=pairs, baselines=THREE.baselines)
    said = " ".join(str(scores).split())
    assert "It says a for every row, and with a loss of 4e+27 its weights are far too" in said
    assert "train with a smaller learning rate." in said
    assert "longer" not in said


def test_many_classes_fit_on_a_screen_and_all_of_them_are_printed_in_full():
    draw = random.Random(0)
    names = [f"class {k}" for k in range(40)]
    pairs = tuple((t, a, draw.randrange(1, 9)) for t in names for a in names if draw.random() < 0.1)
    scores = Scores(100, 0.5, accuracy=0.1, confusion=pairs, baselines=THREE.baselines)
    short, full = str(scores), scores.as_text(full=True)
    assert len(short.splitlines()) <= 25
    assert max(map(len, full.splitlines())) <= WIDTH
    assert sum(line.startswith("class ") for line in full.splitlines()) >= 40
    assert "taken for" in short


def test_a_cell_of_a_notebook_is_whole_and_runs_nothing():
    pairs = (("<script>", "<script>", 8), ("b", "a", 2))
    curve = ((0.0, 0.0), (0.5, 1.0), (1.0, 1.0))
    scores = Scores(10, 0.5, accuracy=0.8, confusion=pairs, auc=0.75, roc=curve)

    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.seen = [], set()

        def handle_starttag(self, tag, attrs):
            self.seen.add(tag)
            self.open.append(tag)

        def handle_startendtag(self, tag, attrs):
            self.seen.add(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balanced()
    parser.feed(scores._repr_html_())
    assert parser.open == []
    assert "script" not in parser.seen
    assert "polyline" in parser.seen


def test_residuals_are_drawn_where_they_lie():
    scores = Scores(
        2,
        0.5,
        r2=0.5,
        typical_error=1.0,
        residual_quantiles=(-1.0, -0.5, 0.0, 0.5, 1.0),
        residuals=((0.0, -1.0), (10.0, 1.0)),
        baselines=(Baseline("the mean every time", r2=0.0),),
    )
    picture = [
        line.partition("│") for line in scores.as_text(full=True).splitlines() if "│" in line
    ]
    assert [picture[place][0].strip() for place in (0, -1)] == ["1", "-1"]
    assert [picture[place][2].index("·") for place in (0, -1)] == [59, 0]


def test_a_picture_fits_a_narrow_screen_and_its_ends_are_in_the_unit_of_the_target():
    scores = Scores(2, 0.5, r2=0.5, residual_quantiles=(0.0,) * 5)
    scores = replace(
        scores,
        baselines=(Baseline("the mean every time", r2=0.0),),
        residuals=((237_172.4, -151_775.0), (3_275_961.0, 1.5)),
    )
    with on_screen(60):
        lines = scores.as_text(full=True).splitlines()
    picture = [line for line in lines if "│" in line or "└" in line]
    assert max(map(len, picture)) == 60
    assert [picture[place].split("│")[0].strip() for place in (0, -2)] == ["1.5", "-151,775"]
    assert lines[-1].split() == ["237,172", "3,275,961"]
    assert ">3,275,961</text>" in scores._repr_html_()
