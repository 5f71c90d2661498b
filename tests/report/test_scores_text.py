"""Scores on a screen and in a notebook."""

import random
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from chainrule.model.measures import Bin
from chainrule.model.scores import Baseline, Scores
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
    assert str(THREE).splitlines()[-3:] == [
        "truth         a         b    rows  precision  recall",
        "a             8         2      10      88.9%   80.0%",
        "b             1         1       2      33.3%   50.0%",
    ]


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
    assert "The network does worse than a linear model" in str(THREE)


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


@pytest.mark.parametrize(("inputs", "learned", "told"), [(200, 48, True), (48, 48, False)])
def test_more_inputs_than_rows_are_told_where_a_baseline_does_better(inputs, learned, told):
    said = str(replace(THREE, inputs=inputs, learned=learned)).replace("\n  ", " ")
    cure = "with 200 inputs it can learn 48 rows by heart; give it more rows, or leave columns out"
    assert (cure in said) == told
    assert ("train longer" in said) != told


def test_where_rows_are_unlike_training_no_training_is_advised():
    pairs = (("a", "a", 2), ("b", "a", 8))
    far = {"confusion": pairs, "baselines": THREE.baselines, "unlike": ("age",)}
    said = " ".join(str(Scores(10, 4e27, accuracy=0.2, **far)).split())
    cure = "look first at age, where these rows are far from all it learned from."
    assert f"It says a for every row: {cure}" in said
    assert f"The network does worse than a linear model: {cure}" in said
    assert "train" not in said


@pytest.mark.parametrize(("letters", "shown"), [(30, "x" * 30), (31, "x" * 14 + "…" + "x" * 15)])
def test_a_name_of_thirty_letters_stands_whole_beside_the_figures(letters, shown):
    named = replace(THREE, baselines=(Baseline("x" * letters, 0.5),))
    line = next(line for line in str(named).splitlines() if "xxx" in line)
    assert line.startswith(shown)


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


SEVEN = (
    *((name, name, 6 - place) for place, name in enumerate("abcdef")),
    *(("a", "b", 1), ("b", "a", 3), ("c", "a", 2), ("g", "f", 4)),
    *(("d", "e", 3), ("e", "d", 3), ("f", "a", 1234)),
)


def test_of_seven_classes_the_six_of_least_recall_and_the_six_commonest_mistakes_are_listed():
    ours = Scores(1271, 0.5, accuracy=0.5, confusion=SEVEN, baselines=THREE.baselines[1:])
    assert (
        str(ours)
        == """\
1,271 rows; loss 0.5

                accuracy    balanced
this network       50.0%       43.6%
a every time       80.0%       50.0%
The network does worse than saying a every time: train longer, or, where the
  held-out loss rises, shorter or with more l2.

class    rows  precision  recall
g           4          –    0.0%
f       1,235      20.0%    0.1%
e           5      40.0%   40.0%
d           6      50.0%   50.0%
b           8      83.3%   62.5%
c           6     100.0%   66.7%
and 1 class with more recall; see --full

commonest mistakes
 1,234  f taken for a
     4  g taken for f
     3  b taken for a
     3  d taken for e
     3  e taken for d
     2  c taken for a"""
    )
    full = ours.as_text(full=True).splitlines()
    assert full.index("a           7       0.5%   85.7%") < full.index(
        "g           4          –    0.0%"
    )
    assert full[-1] == "     1  a taken for b"


BINS = (
    Bin(0.4, 0.5, 3, 0.45, 0.3),
    Bin(0.5, 0.6, 10, 0.55, 0.6),
    Bin(0.6, 0.7, 2, 0.65, 0.5),
    Bin(0.7, 0.8, 4, 0.75, 0.5),
    Bin(0.8, 0.9, 5, 0.85, 0.8),
    Bin(0.9, 1.0, 1200, 0.95, 1.0),
)
CURVE = ((0.0, 0.0), (0.25, 0.5), (1.0, 1.0))


def test_how_sure_stands_beside_how_often_right_in_the_five_largest_bins_or_in_all():
    sure = replace(THREE, reliability=BINS, calibration_error=0.2, auc=0.625, roc=CURVE)
    first = "0.4 to 0.5        30.0%       3   █████████░░░░░"
    left_out = "0.6 to 0.7        50.0%       2   ███████████████░░░░░"
    last = [
        "0.7 to 0.8        50.0%       4   ███████████████░░░░░░░",
        "0.8 to 0.9        80.0%       5   ████████████████████████░░",
        "0.9 to 1.0       100.0%   1,200   ██████████████████████████████",
        "calibration error 0.2000; ROC AUC 0.6250 (1 ranks all, 0.5 is chance)",
    ]
    lines = str(sure).splitlines()
    at = lines.index("how sure          right    rows   ░ how sure, █ how often right")
    second = "0.5 to 0.6        60.0%      10   ██████████████████"
    assert lines[at + 1 :] == [first, second, *last]
    full = sure.as_text(full=True).splitlines()
    assert full[at + 1 : at + 9] == [first, second, left_out, *last, ""]
    # A quarter of 61 columns to the right, and half of 12 rows down.
    empty = [" " * 12 + "|"] * 5
    assert full[at + 9 :] == [
        "true positive rate, above false positive rate",
        " " * 10 + "1 |" + " " * 60 + "·",
        *empty,
        " " * 12 + "|" + " " * 15 + "·",
        *empty[1:],
        " " * 10 + "0 |·",
        " " * 12 + "+" + "-" * 61,
        " " * 13 + "0" + " " * 59 + "1",
    ]


def test_a_picture_in_a_notebook_has_its_points_in_a_square_from_0_to_1():
    sure = replace(THREE, reliability=BINS[:1], calibration_error=0.2, auc=0.625, roc=CURVE)
    drawn = sure._repr_html_()
    # The square is 220 wide, from 40 to the right and from 20 down.
    assert '<rect x="40" y="20.0" width="220" height="220"/><path d="M40 240.0L260 20.0"' in drawn
    assert '<circle cx="139.0" cy="174.0" r="2.5"/>' in drawn
    assert '<polyline points="40.0,240.0 95.0,130.0 260.0,20.0" fill="none"' in drawn
    ends = [(40, 254.0, "start", 0), (260, 254.0, "end", 1), (36, 240.0, "end", 0)]
    for x, y, anchor, said in [*ends, (36, 28.0, "end", 1)]:
        assert drawn.count(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{said}</text>') == 2
    assert drawn.count('<svg width="270" height="260.0" role="img"') == 2
    assert "</svg><p>ROC curve: area 0.625</p>" in drawn


def test_a_cell_of_a_notebook_lists_twenty_classes_and_says_of_how_many():
    pairs = tuple((f"c{n:02}", f"c{n:02}", n + 1) for n in range(21))
    ours = Scores(231, 0.5, accuracy=1.0, confusion=pairs, baselines=THREE.baselines)
    drawn = ours._repr_html_()
    assert "answers beside it (the first 20 of 21 classes)" in drawn
    assert "<td>c19</td>" in drawn
    assert "c20" not in drawn
    assert "the first" not in replace(ours, confusion=pairs[1:])._repr_html_()


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
        3,
        0.5,
        r2=-0.5,
        typical_error=1.0,
        residual_quantiles=(-1.0, -0.5, 0.0, 0.5, 1.0),
        residuals=((2.0, -1.25), (4.0, 1.5), (10.0, 2.75)),
        baselines=(Baseline("the mean every time", r2=0.0),),
        which="rows of a file",
    )
    lines = scores.as_text(full=True).splitlines()
    assert lines[-15:] == [
        "answer minus target, above the answer",
        "       2.75 |" + " " * 60 + "·",
        *["            |"] * 2,
        "            |" + " " * 15 + "·",
        *["            |"] * 7,
        "      -1.25 |·",
        "            +" + "-" * 61,
        "             2" + " " * 58 + "10",
    ]
    assert ["this", "network", "-0.5000", "1"] in squares(str(scores))
    drawn = scores._repr_html_()
    assert "<caption>rows of a file; loss 0.5</caption>" in drawn
    # A quarter of 220 to the right of 40, and 1.25 of 4 down from 20.
    assert '<circle cx="95.0" cy="88.8" r="2.5"/>' in drawn
    assert [drawn.count(f">{end}</text>") for end in (2, 10, -1.25, 2.75)] == [1] * 4
    assert "stroke-dasharray" not in drawn
    assert "The network does worse than saying the mean every time" in str(scores)


def test_a_network_as_good_as_a_baseline_is_not_called_worse():
    assert "does better" not in str(replace(THREE, accuracy=0.8))
    level = Scores(2, 0.0, typical_error=0.0, baselines=(Baseline("the mean", typical_error=0.0),))
    assert "does better" not in str(level)  # targets that never vary have no r²


def test_a_picture_fits_a_narrow_screen_and_its_ends_are_in_the_unit_of_the_target():
    scores = Scores(2, 0.5, r2=0.5, residual_quantiles=(0.0,) * 5)
    scores = replace(
        scores,
        baselines=(Baseline("the mean every time", r2=0.0),),
        residuals=((237_172.4, -151_775.0), (3_275_961.0, 1.5)),
    )
    with on_screen(60):
        lines = scores.as_text(full=True).splitlines()
    picture = [line for line in lines if line[12:13] in ("|", "+")]
    assert max(map(len, picture)) == 60
    assert [picture[place].split("|")[0].strip() for place in (0, -2)] == ["1.5", "-151,775"]
    assert lines[-1].split() == ["237,172", "3,275,961"]
    assert ">3,275,961</text>" in scores._repr_html_()
