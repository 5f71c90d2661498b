"""Rows are held out at random, class by class; one epoch takes every other one once."""

from collections import Counter

import pytest

from chainrule.data import ColumnChoice, batches, prepare, split
from chainrule.data.builtin import load
from chainrule.data.csv_file import read_csv
from chainrule.errors import OptionError


def test_both_parts_together_are_all_rows_in_order(generator):
    train, held_out = split(10, 0.3, generator)
    assert sorted(train + held_out) == list(range(10))
    assert (len(held_out), train, held_out) == (3, sorted(train), sorted(held_out))


def test_each_class_is_held_out_in_the_same_share(generator):
    classes = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    _, held_out = split(100, 0.2, generator, classes=classes)
    assert Counter(classes[row] for row in held_out) == {"a": 12, "b": 6, "c": 2}


def test_a_class_of_one_row_stays_in_training(generator):
    _, held_out = split(9, 0.9, generator, classes=["a"] * 8 + ["b"])
    assert held_out
    assert 8 not in held_out


def test_of_classes_too_small_for_half_a_row_nothing_is_held_out(generator):
    classes = [row % 10 for row in range(20)] + ["large"] * 20
    _, held_out = split(40, 0.2, generator, classes=classes)
    assert Counter(classes[row] for row in held_out) == {"large": 4}


def test_the_generator_decides_which_rows(new_generator):
    first, again, other = (split(99, 0.5, new_generator(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_nothing_is_held_out_when_nothing_is_asked_for(generator):
    assert split(5, 0, generator) == ([0, 1, 2, 3, 4], [])


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 20])
def test_a_part_outside_zero_to_one_is_refused(generator, fraction):
    with pytest.raises(OptionError, match="the part to hold out"):
        split(5, fraction, generator)


def test_a_prepared_table_scales_by_its_training_rows_alone(csv, generator):
    lines = "".join(f"{n},{'ab'[n % 2]}\n" for n in range(20))
    table = read_csv(csv("x,y\n" + lines + "500,\n"))
    ready = prepare(table, validation=0.25, generator=generator)
    assert (len(ready.train), len(ready.validation)) == (16, 4)
    assert sum(ready.train.x) == pytest.approx(0)
    assert sum(value * value for value in ready.train.x) == pytest.approx(16)
    assert abs(sum(ready.validation.x)) > 1e-6
    assert Counter(ready.validation.y) == {0: 2, 1: 2}
    assert not set(ready.train.row_numbers) & set(ready.validation.row_numbers)
    assert ready.recipe.without_target == 1


def test_the_task_is_that_of_all_rows_even_when_training_looks_otherwise(csv, generator):
    table = read_csv(csv("x,y\n" + "".join(f"{n},{n % 3}\n" for n in range(6))))
    ready = prepare(table, validation=0.5, generator=generator)
    assert ready.recipe.class_names == ("0", "1", "2")


def test_numbers_stay_numbers_when_few_of_them_are_left_to_train_on(csv, generator):
    # Among 42 rows 21 values are too many for classes; among the training rows they may not be.
    table = read_csv(csv("x,y\n" + "".join(f"{n * n},{n % 21}\n" for n in range(42))))
    assert prepare(table, validation=0.9, generator=generator).recipe.task == "regression"


def test_categories_and_classes_that_are_asked_for_may_be_texts_among_numbers(csv, generator):
    lines = "".join(f"{n % 3},{n % 4}\n" for n in range(96)) + "x,absent\nx,absent\n"
    table = read_csv(csv("c,grade\n" + lines))
    choice = ColumnChoice(table, task="classification", types={"c": "category"})
    ready = prepare(table, choice, generator=generator)
    assert ready.recipe.class_names == ("0", "1", "2", "3", "absent")
    assert set(ready.recipe.feature_names) >= {"c=0", "c=1", "c=2"}


def test_without_validation_there_is_none(csv, generator):
    table = read_csv(csv("x,y\n1,a\n2,b\n"))
    assert prepare(table, validation=0, generator=generator).validation is None


@pytest.mark.parametrize(("n", "size"), [(10, 3), (9, 3), (1, 5), (0, 2)])
def test_every_example_is_taken_once_and_only_the_last_batch_is_short(generator, n, size):
    found = list(batches(n, size, generator))
    assert sorted(position for batch in found for position in batch) == list(range(n))
    assert all(len(batch) == size for batch in found[:-1])


def test_the_generator_decides_the_order(new_generator):
    first, again, other = (list(batches(50, 7, new_generator(seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_two_epochs_of_one_generator_differ(generator):
    assert list(batches(50, 7, generator)) != list(batches(50, 7, generator))


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(OptionError, match="batch_size is 0"):
        list(batches(5, 0))


@pytest.mark.parametrize(
    ("size", "part", "held_out"),
    [(2, 0.9, 1), (10, 0.25, 2), (10, 0.26, 3), (1, 0.9, 0), (4, 0.99, 3)],
)
def test_a_part_is_rounded_and_one_row_stays(generator, size, part, held_out):
    assert len(split(size, part, generator)[1]) == held_out
    assert len(split(size, part, generator, classes=["a"] * size)[1]) == held_out


def test_a_fifth_is_held_out_where_nothing_is_said(generator, csv):
    path = csv("x,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(50)))
    ready = prepare(read_csv(path), generator=generator)
    assert (len(ready.train), len(ready.validation), ready.told) == (40, 10, ready.told)
    assert ready.recipe.encoders[0].edges == ()


def test_the_rows_to_hold_out_may_be_named(csv, generator):
    lines = "".join(f"{n},{'ab'[n % 2] if n else ''}\n" for n in range(20))
    table = read_csv(csv("x,y\n" + lines))
    ready = prepare(table, validation=(range(4, 20), [0, 1, 2, 3]), generator=generator)
    assert ready.train.row_numbers == list(range(4, 20))
    assert ready.validation.row_numbers == [1, 2, 3]
    assert ready.recipe.without_target == 1
    alone = prepare(table, validation=(range(1, 20), []), generator=generator)
    assert alone.validation is None


def told(csv, generator, rows, header="patient,x,y", **options):
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    target = options.pop("target", None)
    table = load(csv(f"{header}\n{lines}\n"), target=target)
    return prepare(table, generator=generator, **options).told


def test_rows_held_out_of_somebody_learned_from_are_told(csv, generator):
    rows = [(f"p{7 * n % 25}", n * n % 31, "ab"[n * n % 3 > 0]) for n in range(100)]
    said = (
        "All 20 rows held out share their patient with rows learned from: if rows to come have "
        "others, --folds 5 --group patient measures that."
    )
    assert told(csv, generator, rows) == (said,)
    few = [(f"p{n % 20}", *others) for n, (_, *others) in enumerate(rows)]
    (gap,) = told(
        csv, generator, [*rows[:-1], ("", *rows[-1][1:])], validation=(range(80), range(80, 99))
    )
    assert "others, fill its gaps in, and --folds 5" in gap
    new = ([*range(80)], [n for n in range(100) if rows[n][0] > "p5"])
    apart = ([n for n in range(100) if rows[n][0] <= "p5"], new[1])
    assert not told(csv, generator, few)
    assert not told(csv, generator, rows, "colour,x,y")
    assert not told(csv, generator, rows, validation=apart)
    assert told(csv, generator, rows, "userId,x,y")[0].startswith(
        "All 20 rows held out share their userId"
    )
    assert not any("held out share" in one for one in told(csv, generator, rows, target="patient"))
    assert not told(csv, generator, rows, validation=0)


def test_rows_held_out_between_earlier_and_later_ones_are_told(csv, generator):
    days = [f"{n % 28 + 1}.{n // 28 + 1}.2024" for n in range(100)]
    rows = [(day, n * n % 31, "ab"[n * n % 3 > 0]) for n, day in enumerate(days)]
    said = (
        "Rows stand in the order of seen, and those held out lie between those learned from: if "
        "rows to come are later, --folds 5 --time seen measures that."
    )
    assert told(csv, generator, rows, "seen,x,y") == (said,)
    (gap,) = told(csv, generator, [*rows[:-1], ("", 1, "a")], "seen,x,y")
    assert "later, fill its gaps in, and --folds 5 --time" in gap
    assert not told(csv, generator, rows, "seen,x,y", validation=(range(80), range(80, 100)))
    rows[7], rows[3] = rows[3], rows[7]
    assert not told(csv, generator, rows, "seen,x,y")
