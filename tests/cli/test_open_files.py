"""A file of rows is closed when its reader breaks off, and not when Python comes by to tidy up."""

import gc
from pathlib import Path

import pytest

from chainrule.data import open_rows_file
from chainrule.data.builtin import load
from chainrule.data.stream import Stream
from chainrule.errors import DataError
from chainrule.model import train_on_table

OPENED = Path("/dev/fd")
pytestmark = pytest.mark.skipif(not OPENED.is_dir(), reason="open files are seen there")

GOOD = "".join(f"{n % 7},{n % 5},{'ab'[n % 2]}\n" for n in range(3000))
FILES = {
    "text.csv": f"p,q,kind\n{GOOD}oops,1,a\n{GOOD}",
    "ragged.csv": f"p,q,kind\n{GOOD}1,2\n{GOOD}",
    "two-ways.csv": "p;q;kind\n" + "1.5;1;a\n1,5;2;b\n" * 2000,
    "text.jsonl": '{"p": 1, "q": 2}\n' * 3000 + '{"p": "oops", "q": 2}\n' * 3000,
}
COMMANDS = (
    "predict MODEL FILE",
    "predict MODEL FILE --out new.csv",
    "explain MODEL FILE",
    "score MODEL FILE",
    "check MODEL FILE",
    "train FILE --epochs 1 --engine python",
    "train FILE --epochs 1 --engine python --memory 40kB",
)


@pytest.fixture
def opened():
    """Counts the files that are open, while nothing is tidied up."""

    def count():
        return len(list(OPENED.iterdir()))

    gc.collect()
    gc.disable()
    yield count
    gc.enable()


@pytest.fixture
def model(chainrule, folder):
    (folder / "good.csv").write_text(f"p,q,kind\n{GOOD}")
    words = ("--layers", 2, "--epochs", 1, "--engine", "python", "--quiet")
    assert chainrule("train", "good.csv", *words).status == 0
    return "good.safetensors"


@pytest.mark.parametrize("name", FILES)
def test_no_command_that_breaks_off_amid_a_file_leaves_it_open(
    name, chainrule, folder, model, opened
):
    (folder / name).write_text(FILES[name])
    before = opened()
    for command in COMMANDS:
        words = [{"MODEL": model, "FILE": name}.get(word, word) for word in command.split()]
        outcome = chainrule(*words, "--quiet")
        assert outcome.status in (0, 2), outcome
        assert opened() == before, command


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("two-ways.csv", load),
        ("ragged.csv", load),
        ("two-ways.csv", train_on_table),
        ("text.csv", lambda name: Stream(name, memory=200_000)),
        ("ragged.csv", lambda name: Stream(name, memory=200_000)),
        ("text.csv", lambda name: Stream(name, "kind", memory=200_000, weight_column="p")),
        ("ragged.csv", lambda name: list(open_rows_file(name).tables)),
    ],
)
def test_python_holds_no_file_open_in_an_error(name, call, folder, opened):
    (folder / name).write_text(FILES[name])
    before = opened()
    with pytest.raises(DataError) as error:
        call(name)
    assert opened() == before, error


@pytest.mark.parametrize("name", ["text.csv", "text.jsonl"])
def test_rows_are_read_until_they_are_closed(name, folder, opened):
    (folder / name).write_text(FILES[name])
    before = opened()
    tables = open_rows_file(name).tables
    assert next(tables).rows == 1000
    assert opened() == before + 1
    tables.close()
    assert opened() == before
