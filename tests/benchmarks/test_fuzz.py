"""Damaged files are read or refused: a short run of the fuzzer, and what was once let in."""

import json
import random
import re
from functools import partial

import pytest

import chainrule as cr
from benchmarks import fuzz
from chainrule.errors import ModelFileError
from chainrule.train import read_tensors, with_checksum, write_tensors
from tests.processes import python

PARQUET = {"parquet": fuzz.use_table, "stream": fuzz.use_stream}
pytestmark = pytest.mark.extra("numpy")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=pytest.mark.extra(*["pyarrow"] * (k in PARQUET))) for k in fuzz.KINDS],
)
def test_every_damaged_file_is_read_or_refused(kind, tmp_path):
    assert kind not in PARQUET or fuzz._case(kind, 0, tmp_path).func is PARQUET[kind]
    counts, faults = fuzz.run(kind, 60)
    assert (faults, counts.total()) == ([], 60)
    assert counts["value"]
    assert counts["error"]


@pytest.mark.extra("pyarrow")
@pytest.mark.parametrize("kind", PARQUET)
def test_a_page_that_says_it_holds_640_megabytes_is_given_none(tmp_path, kind):
    import pyarrow as pa

    fuzz._case("parquet", 1013835, tmp_path)
    how, said = fuzz.outcome(partial(PARQUET[kind], tmp_path / "case.parquet"))
    assert how == "error"
    assert "cannot be read as Parquet" in said
    assert pa.default_memory_pool().max_memory() < 1 << 28


def test_a_case_is_made_of_its_seed_alone(tmp_path):
    def made(seed):
        fuzz._case("csv", seed, tmp_path)
        return (tmp_path / "case.csv").read_bytes()

    assert made(1) == made(1) != made(2)


def test_records_are_damaged_by_the_seed_alone():
    def damaged_by(seed):
        chance, record = random.Random(seed), {"rows": [[1, 2], {"name": ["a"]}] * 4, "b": 1}
        record = json.loads(json.dumps(record))
        for _ in range(4):
            fuzz.damaged_record(record, chance)
        return repr(record)

    before = [damaged_by(seed) for seed in range(200)]
    assert [damaged_by(seed) for seed in range(200)] == before


def test_a_traceback_and_a_long_message_are_faults():
    def use(error):
        def fails():
            raise error

        return fuzz.outcome(fails)

    assert use(TypeError("no"))[0] == "fault"
    assert use(MemoryError())[0] == "fault"
    assert use(ModelFileError("no")) == ("error", "no")
    assert use(ModelFileError("n" * 501))[0] == "fault"


def test_files_that_look_for_new_code_are_read_or_refused():
    pytest.importorskip("atheris")
    done = python("-m", "benchmarks.guided", "jsonl", "--count", "60")
    assert re.fullmatch(r"jsonl: \d+ cases, \{[^}]*'error': \d+[^}]*\}\n", done.stdout)
    assert "fault" not in done.stdout


def test_damage_is_seeded_and_stays_within_the_bytes():
    whole = bytes(range(200))
    assert fuzz.damaged(whole, random.Random(5)) == fuzz.damaged(whole, random.Random(5))
    for seed in range(200):
        assert isinstance(fuzz.damaged(b"", random.Random(seed)), bytes)


def places(record, path=()):
    for key in record if isinstance(record, dict) else range(len(record)):
        yield (*path, key)
        if isinstance(record[key], dict | list):
            yield from places(record[key], (*path, key))


def said(use):
    try:
        use()
    except cr.ChainruleError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "iris.safetensors"
    cr.train_on_table("iris", epochs=2, engine="numpy", progress=False).net.save(path)
    return path


# A value of each of JSON's kinds that no field has, in place of every value of the description.
def with_field(description, place, odd):
    """The description with something odd in one place."""
    record = json.loads(description)
    inside = record
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = odd
    return json.dumps(record)


@pytest.mark.parametrize(
    "odd", [[[]], {"a": 1}, "x" * 5000, "../../etc/passwd", 10**40, 1e-320, None, True]
)
def test_no_field_of_a_model_is_believed(model, tmp_path, odd):
    tensors, texts = read_tensors(model)
    path = tmp_path / "model.safetensors"
    refused = 0
    for place in places(json.loads(texts["chainrule"])):
        changed = {"chainrule": with_field(texts["chainrule"], place, odd)}
        write_tensors(path, tensors, with_checksum(tensors, changed))
        refused += len(said(lambda: fuzz.use_model(path))) > 0
    assert refused > 50


@pytest.mark.parametrize("odd", [[1, 2], "BF16", 2**31, ["a"], [0], {"a": 1}])
def test_no_field_of_a_checkpoint_is_believed(tmp_path, odd):
    path, whole = tmp_path / "run", tmp_path / "whole"
    fuzz.resumed(whole, 2, {"early_stopping": 3})
    tensors, texts = read_tensors(whole)
    description = texts["chainrule.checkpoint"]
    for place in places(json.loads(description)):
        changed = {"chainrule.checkpoint": with_field(description, place, odd)}
        write_tensors(path, tensors, with_checksum(tensors, changed))
        assert len(said(lambda: fuzz.resumed(path, 3, {"early_stopping": 3}))) < fuzz.MESSAGE
