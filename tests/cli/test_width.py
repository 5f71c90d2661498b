"""No line that a command prints is wider than the screen, but for the command to type next."""

import random

import pytest

import chainrule as cr

LONG = "a_very_long_name_of_a_column_number_{:04}"
COMMANDS = (
    *(("explain", "--row", "worst", *more) for more in ((), ("--full",), ("--columns",))),
    *(("explain", *more) for more in ((), ("--full",), ("--columns",))),
    ("explain", "--row", "worst", "--taught-by"),
    *((name, "--row", "worst") for name in ("mend", "check")),
    ("nudge", "--weight", "dense1.weight[0,1]", "--by", "0.1", "--row", "worst"),
    *(("health",), ("score",), ("worksheet", "--row", "worst")),
)
ALL_ROWS = "the digits' 1,797 rows take minutes without NumPy"


def long_names():
    """A table in which every name is 40 characters long."""
    draw = random.Random(0)
    columns = {LONG.format(n): [round(draw.gauss(0, 10**n), 3) for _ in range(60)] for n in (1, 2)}
    colours = [
        "a_colour_whose_name_is_quite_long_red___",
        "a_colour_whose_name_is_quite_long_blue__",
    ]
    columns[LONG.format(3)] = [draw.choice(colours) for _ in range(60)]
    classes = [f"a_class_with_an_extremely_long_name_{n:04}" for n in range(3)]
    target = [classes[(x > 0) + (x > 9)] for x in columns[LONG.format(1)]]
    assert {len(name) for name in (*columns, *classes, *colours)} == {40}
    return columns | {"the_target_whose_name_is_as_long_as_4000": target}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, known = tmp_path_factory.mktemp("models"), {}

    def model(name):
        sizes = {"moons": [8, 3], "iris": [4]}
        if name not in known:
            data, target = name, None
            if name == "long":
                data = folder / "long.csv"
                table = long_names()
                lines = [",".join(map(str, row)) for row in zip(*table.values(), strict=True)]
                data.write_text("\n".join([",".join(table), *lines]))
                data, target = str(data), [*table][-1]
            done = cr.train_on_table(
                data, target, layers=sizes.get(name, [12, 4]), epochs=3, progress=False
            )
            known[name] = folder / f"{name}.safetensors"
            done.net.save(known[name])
        return known[name]

    return model


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "name",
    [
        *("iris", "penguins", "moons", "long"),
        pytest.param("digits", marks=pytest.mark.extra("numpy"), id=f"digits: {ALL_ROWS}"),
    ],
)
def test_no_line_is_wider_than_the_screen(name, width, models, chainrule, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    model, wide = models(name), []
    for command, *options in COMMANDS:
        status, out, err = chainrule(command, model, *options)
        assert status in (0, 1) or "up to 60 weights" in err, err
        lines = [line for line in out.splitlines() if not line.startswith("next")]
        wide += [(command, *options, line) for line in lines if len(line) > width]
    assert not wide
