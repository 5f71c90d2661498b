"""A stream gives the same examples as a table, within a budget of memory."""

import errno
import gzip
import io
import random
import struct
import tracemalloc
from datetime import date, timedelta
from itertools import pairwise

import pytest

from chainrule.data import Stream, load
from chainrule.data.csv_file import read_csv
from chainrule.data.leaks import leaks
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.stream import Chunks, chunks_of
from chainrule.errors import DataError, OptionError
from tests.data.texts import learned


@pytest.fixture
def people(csv):
    """A thousand rows of numbers, categories, gaps and two classes."""
    draw = random.Random(0)
    lines = [
        f"{draw.gauss(170, 10):.2f},{draw.choice(['red', 'blue', ''])},{draw.choice('ab')}"
        if draw.random() > 0.05
        else f",red,{draw.choice('ab')}"
        for _ in range(1000)
    ]
    return csv("height,colour,group\n" + "\n".join(lines) + "\n")


def rows_of(batches):
    return [row for batch in batches for row in batch.row_numbers]


def test_the_recipe_is_that_of_the_whole_table(people):
    streamed, whole = Stream(people, memory=100_000).recipe, learned(load(people))
    assert streamed.encoders[0].mean == pytest.approx(whole.encoders[0].mean, rel=1e-12)
    assert streamed.encoders[0].deviation == pytest.approx(whole.encoders[0].deviation, rel=1e-12)
    assert streamed.encoders[1:] == whole.encoders[1:]
    assert (streamed.target, streamed.sha256) == (whole.target, whole.sha256)


def test_an_epoch_gives_every_example_once_as_the_table_has_it(people, generator):
    stream = Stream(people, memory=100_000)
    whole = stream.recipe.apply(load(people))
    batches = list(stream.epoch(32, generator))
    assert sorted(rows_of(batches)) == list(range(1000))
    assert {len(batch) for batch in batches[:-1]} == {32}
    for batch in batches:
        assert batch.x == whole.subset(batch.row_numbers).x
        assert batch.y == whole.subset(batch.row_numbers).y


def test_the_seed_decides_the_order_and_epochs_differ(people, new_generator):
    stream = Stream(people, memory=100_000)
    first, again = (rows_of(stream.epoch(32, new_generator(seed))) for seed in (1, 1))
    assert first == again
    generator = new_generator(2)
    assert rows_of(stream.epoch(32, generator)) != rows_of(stream.epoch(32, generator))


def test_rows_of_one_chunk_are_mixed_with_those_of_others(people, generator):
    rows = rows_of(Stream(people, memory=100_000).epoch(32, generator))
    neighbours = sum(abs(first - second) == 1 for first, second in pairwise(rows))
    assert neighbours < 50


def test_an_epoch_may_begin_anywhere_in_the_file(people, new_generator):
    stream = Stream(people, memory=20_000)
    starts = [next(stream.epoch(8, new_generator(seed))).row_numbers for seed in range(5)]
    assert any(min(rows) > 300 for rows in starts)


def test_held_out_rows_are_never_trained_on_and_leave_no_trace(people, generator):
    stream = Stream(people, memory=100_000, held_out=0.2)
    train, held_out = (
        rows_of(stream.epoch(32, generator)),
        rows_of(stream.in_order(32, held_out=True)),
    )
    assert sorted(train + held_out) == list(range(1000))
    assert 150 < len(held_out) < 250
    assert held_out == sorted(held_out)
    alone = learned(load(people), rows=sorted(train))
    assert stream.recipe.encoders[0].mean == pytest.approx(alone.encoders[0].mean, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_held_out_does_not_follow_the_numbers_of_the_rows(csv, seed):
    path = csv("x,y\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(4000)))
    held_out = rows_of(Stream(path, held_out=0.1, seed=seed).in_order(32, held_out=True))
    assert 330 < len(held_out) < 470  # 400, and its deviation is 19
    for digits in (2, 10):
        counts = [sum(row % digits == last for row in held_out) for last in range(digits)]
        assert min(counts) > 400 / digits * 0.5


def test_rows_without_a_target_are_counted_nowhere(csv, generator):
    path = csv("x,y\n" + "".join(f"{row},{'ab '[row % 3].strip()}\n" for row in range(900)))
    stream = Stream(path, held_out=0.25)
    assert stream.rows == 900
    assert stream.learned + stream.kept_back == 600
    assert stream.learned == len(rows_of(stream.epoch(32, generator)))
    assert stream.kept_back == len(rows_of(stream.in_order(32, held_out=True))) > 100


@pytest.mark.parametrize("held_out", [False, True])
def test_what_is_read_in_order_comes_in_even_batches(people, held_out):
    batches = list(Stream(people, memory=20_000, held_out=0.4).in_order(32, held_out=held_out))
    assert {len(batch) for batch in batches[:-1]} == {32}
    assert 0 < len(batches[-1]) <= 32
    assert rows_of(batches) == sorted(rows_of(batches))


def test_images_stream_with_their_labels(tmp_path, generator):
    pixels = bytes(position % 251 for position in range(40 * 6))
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 40, 2, 3)
    (tmp_path / "a-images-idx3-ubyte").write_bytes(header + pixels)
    labels = bytes(position % 4 for position in range(40))
    header = bytes([0, 0, 8, 1]) + struct.pack(">I", 40)
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(header + labels)
    path = tmp_path / "a-images-idx3-ubyte"
    stream = Stream(path, memory=8 * 7 * 8)
    whole = stream.recipe.apply(load(path))
    batches = list(stream.epoch(1, generator))
    assert sorted(rows_of(batches)) == list(range(40))
    assert all(batch.x == whole.subset(batch.row_numbers).x for batch in batches)
    assert stream.recipe == learned(load(path))


def test_memory_stays_within_the_budget_for_a_file_ten_times_as_large(csv, generator):
    draw = random.Random(0)
    lines = [
        ",".join([f"{draw.random():.2f}0000" for _ in range(9)] + ["ab"[n % 2]])
        for n in range(9000)
    ]
    path = csv(",".join("abcdefghij") + "\n" + "\n".join(lines))
    whole_table = 9000 * 10 * (8 + 57)
    memory = whole_table // 10
    for _ in Stream(path, memory=memory).epoch(10, generator):
        break
    tracemalloc.start()
    rows = sum(len(batch) for batch in Stream(path, memory=memory).epoch(100, generator))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 9000
    assert peak < memory


@pytest.mark.parametrize("mixed", [False, True])
def test_rows_in_the_order_of_time_are_told_where_all_of_the_file_is(tmp_path, mixed):
    days = [date(2015, 1, 1) + timedelta(n) for n in range(1000)]
    days[500:] = days[:499:-1] if mixed else days[500:]
    path = tmp_path / "days.csv"
    path.write_text("day,y\n" + "".join(f"{d},{n % 7}.5\n" for n, d in enumerate(days)))
    told = Stream(path, memory=100_000, held_out=0.2).told
    assert [("in the order of day" in sentence) for sentence in told] == [True] * (not mixed)


def test_a_batch_larger_than_the_budget_is_refused_before_it_is_read(people, generator):
    stream = Stream(people, memory=100_000)
    with pytest.raises(DataError, match=r"a batch of 1,000,000,000,000 examples takes .* at most"):
        next(stream.epoch(10**12, generator))


def test_a_row_larger_than_the_budget_is_refused(people):
    with pytest.raises(DataError, match="allow more memory"):
        Stream(people, memory=100)


def test_bad_options_and_bad_cells_are_refused(people, csv, generator):
    with pytest.raises(OptionError, match="the part to hold out is 2"):
        Stream(people, held_out=2)
    with pytest.raises(OptionError, match="batch_size is 0"):
        next(Stream(people).epoch(0, generator))
    path = csv("x,y\n" + "1,a\n2,b\n" * 35 + "oops,a\n")
    with pytest.raises(
        DataError, match=r"column x holds numbers, but line 72 \(row 70\) has 'oops'"
    ):
        Stream(path, memory=8_000)


def test_a_packed_file_is_unpacked_once_and_gives_what_the_plain_one_gives(
    people, tmp_path, new_generator, monkeypatch
):
    packed = tmp_path / "people.csv.gz"
    packed.write_bytes(gzip.compress(people.read_bytes()))
    opened = []
    unpack = gzip.open
    monkeypatch.setattr(gzip, "open", lambda *args: opened.append(args) or unpack(*args))
    streams = [Stream(path, memory=20_000, held_out=0.2) for path in (people, packed)]
    assert opened
    opened.clear()
    for seed in (1, 2):
        plain, same = (list(stream.epoch(8, new_generator(seed))) for stream in streams)
        assert [batch.x for batch in plain] == [batch.x for batch in same]
    assert rows_of(streams[0].in_order(8, held_out=True)) == rows_of(
        streams[1].in_order(8, held_out=True)
    )
    assert not opened


class FullDisk(io.BytesIO):
    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_packed_file_that_cannot_be_unpacked_is_refused_in_one_sentence(
    people, tmp_path, monkeypatch
):
    packed = tmp_path / "people.csv.gz"
    packed.write_bytes(gzip.compress(people.read_bytes()))
    monkeypatch.setattr("tempfile.TemporaryFile", FullDisk)
    with pytest.raises(DataError, match=r"is unpacked .* does not take it .* TMPDIR"):
        Stream(packed, memory=20_000)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(packed.read_bytes()[:-100])
    monkeypatch.undo()
    with pytest.raises(DataError, match="cut short or damaged"):
        Stream(cut, memory=20_000)


def test_what_the_last_row_proves_counts_for_the_first_chunk(csv):
    rows = "".join(f"{n % 9 + 1}.{100 + n % 800};{'ab'[n % 2]}\n" for n in range(2000))
    path = csv("c;y\n" + rows + "0,5;a\n")
    stream = Stream(path, "y", memory=100_000)
    whole = learned(read_csv(path), "y")
    assert stream.recipe.encoders[0].mean == pytest.approx(whole.encoders[0].mean)
    assert whole.encoders[0].mean > 1000


def test_a_batch_that_is_too_large_says_what_it_takes(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,y\n" + "".join(f"{n},{n % 2}\n" for n in range(50)))
    stream = Stream(path, memory=100_000)
    said = f"a batch of 9,999 examples takes {9999 * stream._row_bytes:,} bytes, and a quarter"
    with pytest.raises(DataError, match=said):
        next(iter(stream.epoch(9999, None)))


@pytest.fixture
def even(csv):
    """Sixty rows of 5 bytes with two columns: by 2 cells of 112 bytes, one takes 229 in memory."""
    return csv("xx,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(10, 70)))


@pytest.mark.parametrize(("memory", "rows"), [(229, 1), (457, 1), (458, 2), (2290, 10)])
def test_a_chunk_holds_as_many_rows_as_the_memory(even, memory, rows):
    chunks = chunks_of(even, labels=None, memory=memory)
    assert [table.rows for table in chunks.scan()] == [rows] * (60 // rows)
    assert chunks.file.rows == 60


def test_a_row_takes_the_mean_of_the_first_thousand_lines_with_that_of_the_names(csv):
    # 999 lines of 5 bytes and one of 2,005: 7 bytes each. The next one is not looked at.
    lines = ["xx,y", *["10,a"] * 998, "1" * 2002 + ",a", "1" * 90_000 + ",b"]
    path = csv("".join(f"{line}\n" for line in lines))
    chunks_of(path, labels=None, memory=231)
    with pytest.raises(DataError, match="takes about 231 bytes, and a chunk may take 230: allow"):
        chunks_of(path, labels=None, memory=230)


def test_a_quarter_of_the_memory_is_for_the_cells_of_a_chunk(even):
    assert Stream(even, memory=4 * 229).rows == 60
    with pytest.raises(DataError, match="takes about 229 bytes, and a chunk may take 228: allow"):
        Stream(even, memory=4 * 229 - 1)


def test_a_quarter_of_the_memory_is_for_a_batch(even, generator):
    # An example takes 8 bytes for its feature, and as much for its target and its number: of 24
    # bytes each 9 fit into 229.
    stream = Stream(even, memory=4 * 229)
    assert stream.most_rows == 9
    for batches in (stream.epoch(9, generator), stream.in_order(9, held_out=False)):
        assert len(next(batches)) == 9
    said = "a batch of 10 examples takes 240 bytes, and a quarter of the memory allowed is 229: "
    for batches in (stream.epoch(10, generator), stream.in_order(10, held_out=False)):
        with pytest.raises(DataError, match=f"{said}take batches of at most 9, or allow more"):
            next(batches)


@pytest.mark.parametrize(("batch_size", "read"), [(1, 4), (4, 4), (5, 5), (9, 9)])
def test_rows_are_mixed_within_half_of_what_a_batch_may_take_or_a_batch(
    even, generator, monkeypatch, batch_size, read
):
    stream, own, chunks = Stream(even, memory=4 * 229), Chunks.chunk, []
    monkeypatch.setattr(Chunks, "chunk", lambda *which: chunks.append(which) or own(*which))
    next(stream.epoch(batch_size, generator))
    assert len(chunks) == read  # of one row each


def test_what_is_not_said_of_a_stream_is_as_its_documentation_has_it(even):
    stream = Stream(even)
    assert (stream.memory, stream.seed, stream.kept_back) == (256 * 2**20, 0, 0)
    assert stream.recipe.encoders[0].edges == ()


@pytest.mark.parametrize("memory", [0, -1, 1.5, "1"])
def test_memory_is_a_whole_number_of_bytes(even, memory):
    with pytest.raises(OptionError, match=f"memory is {memory!r}; it is a whole number of bytes"):
        Stream(even, memory=memory)
    with pytest.raises(DataError, match="a chunk may take 0"):
        Stream(even, memory=1)


def test_rows_of_weight_0_are_counted_as_having_no_target(csv):
    path = csv("x,w,y\n" + "".join(f"{n},{n % 3},{'ab'[n % 2]}\n" for n in range(30)))
    stream = Stream(path, weight_column=" w")
    assert (stream.rows, stream.learned, stream.recipe.without_target) == (30, 20, 10)
    halves = [Stream(path, weight_column=name, held_out=0.5) for name in (" w", "w")]
    kept, kept_too = ([*half.in_order(30, held_out=True)] for half in halves)
    assert kept == kept_too
    assert stream.recipe.encoders[0].mean == pytest.approx(sum(n for n in range(30) if n % 3) / 20)
    alone = csv("x,w,y\n1,0,a\n2,0,b\n", "none.csv")
    with pytest.raises(
        DataError, match=r"^w is zero for every row of .*none\.csv: give one of them"
    ):
        Stream(alone, weight_column="w")


def test_all_rows_without_a_target_are_counted_of_those_held_out_too(csv):
    path = csv("x,y\n" + "".join(f"{n},{n if n % 2 else ''}\n" for n in range(60)))
    stream = Stream(path, held_out=0.5)
    assert 0 < stream.kept_back < 30
    assert stream.recipe.without_target == 30


def test_json_is_read_whole_and_what_is_no_file_is_refused(csv):
    with pytest.raises(DataError, match=r"rows\.json is JSON, which is read whole: leave --memory"):
        Stream(csv('{"x": 1, "y": "a"}\n', "rows.json"))
    with pytest.raises(OptionError, match="read from a file, and a dict was given"):
        Stream({"x": [1]})


def test_the_digest_follows_all_that_decides_on_the_batches(even, csv):
    first = Stream(even, memory=10_000, held_out=0.2, seed=1).digest
    twin = csv(even.read_text(), "twin.csv")
    assert Stream(twin, memory=10_000, held_out=0.2, seed=1).digest == first
    others = [
        Stream(even, memory=10_001, held_out=0.2, seed=1),
        Stream(even, memory=10_000, held_out=0.3, seed=1),
        Stream(even, memory=10_000, held_out=0.2, seed=2),
        Stream(even, memory=10_000, held_out=0.2, seed=1, parts=2),
        Stream(csv(even.read_text() + "70,a\n", "more.csv"), memory=10_000, held_out=0.2, seed=1),
    ]
    assert len({first, *(stream.digest for stream in others)}) == 6


def test_what_is_said_of_columns_holds_beside_a_column_of_weights(csv):
    path = csv("x,w,y\n" + "".join(f"{n % 3},{n % 4},{'ab'[n % 2]}\n" for n in range(60)))
    stream = Stream(path, weight_column="w", types={"x": "category"})
    assert stream.recipe.feature_names == ("x=0", "x=1", "x=2")
    assert "w: left out, because you said so." in stream.recipe.describe()


def test_words_of_the_target_that_are_passed_over_are_those_of_the_table(csv):
    path = csv("x,y,z\n" + "".join(f"{n},{'ab?'[n % 3]},{'abo'[n % 3]}\n" for n in range(60)))
    options = ReadingOptions(ignored=("a", "o"))
    for target, classes in ((None, ("a", "b")), (" z", ("a", "b")), ("y", ("b",))):
        if len(classes) == 1:
            with pytest.raises(DataError, match="target y has the one value b"):
                Stream(path, target, options=options)
            continue
        with pytest.raises(DataError, match="target z has the one value b"):
            Stream(path, target, options=options)
    assert Stream(path, options=ReadingOptions(ignored=("o",))).recipe.class_names == ("a", "b")


@pytest.mark.parametrize("rows", [30, 31, 32, 33, 64])
def test_every_row_comes_once_however_many_are_left_for_the_last_batch(csv, generator, rows):
    path = csv("x,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(rows)))
    for memory in (1000, 4000, 1 << 20):
        stream = Stream(path, memory=memory)
        for batches in (stream.epoch(8, generator), stream.in_order(8, held_out=False)):
            sizes, seen = [], []
            for batch in batches:
                sizes.append(len(batch))
                seen += batch.row_numbers
            assert sorted(seen) == list(range(rows))
            assert sizes == [8] * (rows // 8) + [rows % 8] * (rows % 8 > 0)
        assert list(stream.in_order(8, held_out=True)) == []


@pytest.mark.parametrize(
    "left", [b"height,colour,group\n1,red,a\n", b"height,colour,group\n", b"\xff\n" * 9999]
)
def test_a_file_that_changes_while_it_is_read_is_named(people, generator, left):
    stream = Stream(people, "group", memory=1_000_000)
    people.write_bytes(left)
    for batches in (stream.in_order(32, held_out=False), stream.epoch(32, generator)):
        with pytest.raises(DataError, match="has changed while it was read: try again"):
            list(batches)


@pytest.mark.parametrize(("memory", "first"), [(1 << 20, 300), (100_000, 72)])
def test_what_gives_the_target_away_is_looked_for_in_the_first_rows(csv, memory, first):
    path = csv("n,x,y\n" + "".join(f"{n},{n % 31},{2 * (n % 31)}\n" for n in range(300)))
    told = leaks(learned(load(path)), load(path))
    assert [sentence[:9] for sentence in told] == ["x gives y", "n counts "]
    where = "" if first == 300 else f"In the first {first} rows: "
    assert Stream(path, memory=memory).told == tuple(f"{where}{sentence}" for sentence in told)


@pytest.mark.parametrize(("rows", "until", "said"), [(300, 300, 2), (300, 200, 0), (80, 72, 2)])
def test_what_later_rows_contradict_gives_nothing_away(csv, rows, until, said):
    def line(n):
        return f"{n % 31 if n < until else n % 7},{n if n < until else 5},{2 * (n % 31)}\n"

    path = csv("x,n,y\n" + "".join(map(line, range(rows))))
    told = Stream(path, memory=100_000).told  # chunks of 72 rows
    assert sum(" leave" in sentence for sentence in told) == said


@pytest.mark.parametrize(("rows", "said"), [(200, True), (300, False)])
def test_two_classes_of_later_rows_are_enough_to_contradict(csv, rows, said):
    lines = (f"{'pq'[n % 2]},{'ab'[n % 2 if n < 200 else n // 2 % 2]}\n" for n in range(rows))
    told = Stream(csv("x,y\n" + "".join(lines)), memory=80_000).told
    assert any("x names the class" in sentence for sentence in told) is said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (lambda n, x: (x, n % 5, round(2.2 * x + 0.1, 1)), "x gives y, as y = 2.2004 · x:"),
        (lambda n, x: (x, n * 5 % 97, round(x + 1.18765 * (n * 5 % 97), 1)), "y is x plus"),
        (
            lambda n, x: ("" if n % 3 else x, n * 5 % 97, "abcd"[n % 3 + (n % 3 & n // 200)]),
            "x is missing",
        ),
        (lambda n, x: ("pq"[n % 2] if n < 200 else "r", 1, "aba"[n % 2 if n < 200 else 2]), "x n"),
        (lambda n, x: ("pqr"[n % (2 + n // 200)], 1, "aba"[n % (2 + n // 200)]), "x names the cl"),
    ],
)
def test_what_later_rows_say_in_other_numbers_or_classes_is_told(csv, line, said):
    rows = (line(n, (n * 37 % 500 + 500) / 10) for n in range(300))
    path = csv("x,n,y\n" + "".join(f"{x},{n},{y}\n" for x, n, y in rows))
    (told,) = Stream(path, memory=100_000).told
    assert f" rows: {said}" in told


@pytest.mark.parametrize(
    ("part", "memory", "sentences"),
    [(0.25, 1 << 20, 2), (0, 1 << 20, 0), (0.98, 60_000, 0)],  # the first 42 rows all held out
)
def test_rows_held_out_of_a_stream_that_are_not_new_are_told_as_those_of_a_table(
    csv, part, memory, sentences
):
    ys = ["a", "b", ""] * 100
    lines = (f"{n % 25},{date(2024, 1, 1) + timedelta(n)},{y}\n" for n, y in enumerate(ys))
    path = csv("customer_id,day,y\n" + "".join(lines))
    stream = Stream(path, held_out=part, memory=memory)
    shared, ordered = (f"All {stream.kept_back} rows held out share", "Rows stand in the order of")
    assert [one[: len(shared)] for one in stream.told] == [shared, ordered[: len(shared)]][
        :sentences
    ]
