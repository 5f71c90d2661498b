"""The printed program gives the network's gradients, is plain Python, and comes from the record."""

import ast
import sys
from itertools import chain, pairwise, product

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.autodiff import PRIMITIVES, primitive
from chainrule.engines import Instruction, Variable
from chainrule.errors import DataError, OptionError
from chainrule.nn import ACTIVATIONS, LOSSES, NetworkStudy
from chainrule.report.program import ProgramText, write_program
from chainrule.report.program.formulas import readings
from tests.processes import python

X = [[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]]
CLASSES = [1, 0]
VALUES = [[0.25, -1.0], [1.5, 0.5]]
SHARES = [[0.0, 1.0], [1.0, 0.0]]

FITTING = [
    (output, loss)
    for output, loss in product(ACTIVATIONS, LOSSES)
    if LOSSES[loss].link in (None, output) or output == "identity"
]


def network(hidden="tanh", output="identity", *, sizes=(3, 4, 2), seed=3, engine="python"):
    layers = [cr.Dense(*pair, hidden) for pair in pairwise(sizes)]
    layers[-1] = cr.Dense(*sizes[-2:], output)
    return cr.Network(layers, seed=seed, engine=engine)


def mazur():
    """The network of M. Mazur, "A Step by Step Backpropagation Example" (2015)."""
    layers = [
        cr.Dense(2, 2, "sigmoid", weight=[[0.15, 0.20], [0.25, 0.30]], bias=[0.35, 0.35]),
        cr.Dense(2, 2, "sigmoid", weight=[[0.40, 0.45], [0.50, 0.55]], bias=[0.60, 0.60]),
    ]
    return cr.Network(layers, engine="python")


def written(net, x, y, *, loss=None, loops):
    inputs, t, chosen = net.as_batch(x, y, loss)
    study = NetworkStudy(net.architecture, chosen, net.parameters, inputs, t)
    return ProgramText(write_program(study, loops=loops))


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        mine, other = xp.asarray(found[name]), xp.asarray(gradient.tolist())
        assert mine.shape == other.shape
        largest = max(map(abs, other.data))
        for a, b in zip(mine.data, other.data, strict=True):
            assert a == pytest.approx(b, rel=1e-14, abs=1e-15 * largest + 1e-300)


def targets(loss):
    return VALUES if LOSSES[loss].targets == "values" else SHARES


def statements(source):
    """The statements of a program before its printing part."""
    *body, last = ast.parse(source).body
    assert ast.unparse(last).startswith("if __name__ ==")
    return body


def given_names(source):
    assignments = [s for s in statements(source) if isinstance(s, ast.Assign)]
    return [ast.unparse(assignment.targets[0]) for assignment in assignments]


def test_mazurs_numbers_come_out_of_the_program_alone():
    program = mazur().program([[0.05, 0.10]], [[0.01, 0.99]], loss="mean_squared_error")
    scope = {}
    exec(str(program), scope)
    assert scope["L"] == pytest.approx(0.298371109, abs=1e-9)
    assert scope["dL_dw2_0_0"] == pytest.approx(0.082167041, abs=1e-9)
    assert scope["dL_dw1_0_0"] == pytest.approx(0.000438568, abs=1e-9)


def test_one_neuron_reads_as_on_paper():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
    _, *body = statements(str(net.program([[2.0]], [[4.0]])))
    lines = list(map(ast.unparse, body))
    assert lines[:14] == [
        "x = 2.0",
        "y = 4.0",
        "w1 = 1.5",
        "b1 = 0.5",
        "z1 = x * w1 + b1",
        "a1 = z1",
        "difference1 = a1 - y",
        "loss = difference1 * difference1",
        "L = loss",
        "dL_dL = 1",
        "dL_dloss = dL_dL",
        "dL_da1 = dL_dloss * 2 * difference1",
        "dL_dz1 = dL_da1",
        "dL_dw1 = dL_dz1 * x",
    ]


def test_a_layer_is_a_sum_of_products_number_by_number_or_over_an_index():
    net = network(sizes=(2, 3, 2))
    rows = [[1.0, 2.0], [3.0, 4.0]]
    numbers = str(written(net, rows, VALUES, loops=False))
    assert "z1_1_2 = x_1_0 * w1_2_0 + x_1_1 * w1_2_1 + b1_2" in numbers
    assert "dL_dw1_2_1 = dL_dz1_0_2 * x_0_1 + dL_dz1_1_2 * x_1_1" in numbers
    loops = str(written(net, rows, VALUES, loops=True))
    assert (
        "z1 = [[sum(x[i][k] * w1[j][k] for k in range(2)) + b1[j] "
        "for j in range(3)] for i in range(2)]"
    ) in loops


def test_a_choice_that_is_summed_up_has_a_line_of_its_own():
    source = str(network().program(X[:1], VALUES[:1], loss="huber"))
    assert "loss = (choice1_0 + choice1_1) / 2" in source


@pytest.mark.parametrize("loops", [False, True], ids=["numbers", "loops"])
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_activation_gives_the_networks_gradients(hidden, loops):
    net = network(hidden)
    assert_same(written(net, X, VALUES, loops=loops).run(), net.gradients(X, VALUES))


@pytest.mark.parametrize("loops", [False, True], ids=["numbers", "loops"])
def test_arrays_of_one_and_of_nothing_are_these_numbers(forgotten, loops):
    @primitive("a = z + 1", samples=[(0.5,)])
    def one_more(xp, z):
        """Go up by one."""
        return z + xp.ones_like(z) + xp.zeros_like(z)

    @one_more.vjp("z", "da/dz = 1")
    def one_more_wrt_z(xp, g, a, z):
        """Pass everything on."""
        return g * xp.ones_like(z) + xp.zeros_like(z)

    net = network("one_more")
    assert_same(written(net, X, VALUES, loops=loops).run(), net.gradients(X, VALUES))


@pytest.mark.parametrize("loops", [False, True], ids=["numbers", "loops"])
@pytest.mark.parametrize(("output", "loss"), FITTING)
def test_every_output_and_loss_gives_the_networks_gradients(output, loss, loops):
    net = network(output=output)
    y = targets(loss)
    program = written(net, X, y, loss=loss, loops=loops)
    assert_same(program.run(), net.gradients(X, y, loss))
    scope = {}
    exec(str(program), scope)
    assert scope["L"] == pytest.approx(net.loss(X, y, loss), rel=1e-14)


@pytest.mark.parametrize("loops", [False, True], ids=["numbers", "loops"])
@pytest.mark.parametrize("sizes", [(1, 1), (1, 3, 1), (3, 1, 2), (2, 1, 1, 3)])
@pytest.mark.parametrize("rows", [1, 3])
def test_axes_of_length_one_come_back_in_the_gradients(sizes, rows, loops):
    net = network("sigmoid", sizes=sizes)
    x = [[0.5 * row - 0.25 * i for i in range(sizes[0])] for row in range(rows)]
    y = [[1.0 + row - i for i in range(sizes[-1])] for row in range(rows)]
    assert_same(written(net, x, y, loops=loops).run(), net.gradients(x, y))


@pytest.mark.parametrize("loops", [False, True], ids=["numbers", "loops"])
@pytest.mark.parametrize(("output", "loss"), FITTING)
def test_the_program_is_a_straight_line_that_needs_only_math(output, loss, loops):
    source = str(written(network("gelu", output), X, targets(loss), loss=loss, loops=loops))
    allowed = {"abs", "max", "min"} | ({"sum", "range"} if loops else set())
    docstring, *rest = statements(source)
    assert isinstance(docstring, ast.Expr)
    for statement in rest:
        if isinstance(statement, ast.ImportFrom):
            assert statement.module == "math"
            allowed |= {alias.name for alias in statement.names}
            continue
        assert isinstance(statement, ast.Assign)
        for node in ast.walk(statement):
            assert not isinstance(node, ast.Lambda | ast.Attribute | ast.NamedExpr | ast.Starred)
            if isinstance(node, ast.Call):
                assert isinstance(node.func, ast.Name)
                assert node.func.id in allowed


def test_what_is_imported_is_used_and_never_overwritten():
    for loops in (False, True):
        tree = ast.parse(str(written(mazur(), [[0.05, 0.1]], [[0.0, 1.0]], loops=loops)))
        (imported,) = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        names = {alias.name for alias in imported.names}
        uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names]
        assert {node.id for node in uses} == names
        assert all(isinstance(node.ctx, ast.Load) for node in uses)


@pytest.mark.parametrize("loops", [False, True], ids=["numbers", "loops"])
def test_no_name_is_given_twice(loops):
    given = given_names(str(written(network("gelu"), X, VALUES, loops=loops)))
    assert len(given) == len(set(given))


def test_every_step_is_introduced_by_its_formula_and_its_reason():
    lines = str(network("sigmoid", "softmax").program(X, CLASSES)).splitlines()
    sigmoid, weighted_sum = PRIMITIVES["sigmoid"], PRIMITIVES["weighted_sum"]
    for title, about in {
        "Forward: a1 = sigmoid(z1)": sigmoid,
        "Backward: dL_dz1, through a1 = sigmoid(z1)": sigmoid.rules["z"],
        "Backward: dL_dw2, through z2 = weighted_sum(a1, w2, b2)": weighted_sum.rules["w"],
    }.items():
        place = lines.index(f"# {title}")
        assert lines[place + 1 : place + 3] == [f"#   {about.formula}", f"#   {about.why}"]


@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_link_of_the_chain_has_its_textbook_name(hidden, loss):
    names = given_names(str(written(network(hidden), X, targets(loss), loss=loss, loops=True)))
    values = {"z1", "a1", "z2", "loss", "w1", "b1", "w2", "b2"}
    values.add("p" if LOSSES[loss].link else "a2")
    assert values <= set(names)
    assert {f"dL_d{name}" for name in values - {"p"}} <= set(names)


def test_the_program_comes_from_the_record_and_not_from_a_template(monkeypatch):
    net = network("sigmoid")
    before = net.program(X, VALUES).run()
    rule = PRIMITIVES["sigmoid"].rules["z"]
    monkeypatch.setattr(rule, "function", lambda xp, g, a, z: g * a * (1 - a) * 3)
    after = net.program(X, VALUES).run()
    assert_same(after, net.gradients(X, VALUES))
    assert after["dense1.bias"] == pytest.approx([3 * g for g in before["dense1.bias"]])


@pytest.mark.parametrize("sizes", [(14, 4, 3), (64, 32, 3)])
def test_lines_fit_on_a_screen(sizes):
    net = network("gelu", sizes=sizes)
    lines = str(net.program([[1 / 3] * sizes[0]], [[1.0] * 3])).splitlines()
    assert max(map(len, lines)) <= 100


def test_small_networks_are_written_by_number_and_larger_ones_with_loops():
    assert "for i in range" not in str(network().program(X, VALUES))
    assert "for i in range" in str(network(sizes=(3, 40, 2)).program(X, VALUES))
    many = [[1.0, 2.0, 3.0]] * 50
    assert "for i in range" in str(network().program(many, [[0.0, 1.0]] * 50))


@pytest.mark.parametrize(
    ("inputs", "neurons", "rows", "has_loops"),
    [(9, 10, 10, False), (9, 10, 11, True), (99, 1, 1, False), (100, 1, 1, True)],
    ids=["100 weights on 10 rows", "on 11", "100 weights", "101 weights"],
)
def test_a_hundred_weights_and_a_thousand_products_are_written_number_by_number(
    inputs, neurons, rows, has_loops
):
    net = network(sizes=(inputs, neurons))
    program = net.program([[0.5] * inputs] * rows, [[1.0] * neurons] * rows)
    assert ("for i in range" in str(program)) is has_loops


def test_dropout_is_silent_and_the_parameters_stay_as_they_are():
    layers = [cr.Dense(3, 4, "relu"), cr.Dropout(0.5), cr.Dense(4, 2, "softmax")]
    net = cr.Network(layers, engine="python")
    before = {name: array.tolist() for name, array in net.parameters.items()}
    assert_same(net.program(X, CLASSES).run(), net.gradients(X, CLASSES))
    assert {name: array.tolist() for name, array in net.parameters.items()} == before


@pytest.mark.parametrize("sizes", [(3, 4, 2), (3, 40, 2)])
def test_a_saved_program_runs_by_itself_and_prints_loss_and_gradients(tmp_path, sizes):
    net = network("relu", "softmax", sizes=sizes)
    program = net.program(X, CLASSES)
    program.save(tmp_path / "program.py")
    printed = python("-I", "-S", "program.py", folder=tmp_path).stdout.splitlines()
    assert float(printed[0].removeprefix("L = ")) == pytest.approx(net.loss(X, CLASSES), rel=1e-14)
    found = {name: ast.literal_eval(text) for name, text in (p.split(": ") for p in printed[1:])}
    assert found == program.run()


def test_a_debugger_stops_at_every_statement():
    source = str(network().program(X, VALUES))
    stops = set()

    def trace(frame, event, argument):
        if frame.f_code.co_filename != "<program>":
            return None
        if event == "line":
            stops.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        exec(compile(source, "<program>", "exec"), {})
    finally:
        sys.settrace(before)
    assert {s.lineno for s in statements(source) if isinstance(s, ast.Assign)} <= stops


def test_numbers_that_are_not_finite_are_written_so_that_python_reads_them():
    net = network("relu", sizes=(2, 2))
    assert "x_1 = inf" in str(net.program([[1.0, float("inf")]], [[0.0, 1.0]]))
    (first, _), _ = net.program([[1.0, float("nan")]], [[0.0, 1.0]]).run()["dense1.weight"]
    assert first != first


def test_an_engine_without_a_program_in_python_is_refused():
    with pytest.raises(OptionError, match="engine='jax'"):
        network().program(X, VALUES, engine="jax")


@pytest.mark.parametrize("place", ["missing/program.py", "folder"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path, place):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=place):
        network().program(X, VALUES).save(tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_numpy_program_is_what_that_engine_runs(dtype):
    layers = [cr.Dense(3, 4, "relu"), cr.Dense(4, 2, "softmax")]
    net = cr.Network(layers, engine="numpy", dtype=dtype)
    program = net.program(X, CLASSES, engine="numpy")
    assert "from numpy import" in str(program)
    assert "dL_dw1 = dot(" in str(program)
    expected = net.gradients(X, CLASSES)
    digits = 1e-12 if dtype == "float64" else 1e-5
    for name, found in program.run().items():
        numbers = list(chain(*found)) if "weight" in name else found
        assert numbers == pytest.approx(expected[name].reshape(-1).tolist(), rel=digits, abs=digits)


@pytest.mark.extra("numpy")
def test_a_numpy_network_prints_the_same_plain_program_as_a_python_one():
    ours, theirs = (network("tanh", engine=engine) for engine in ("python", "numpy"))
    assert str(ours.program(X, VALUES)) == str(theirs.program(X, VALUES))


@pytest.mark.extra("numpy")
def test_what_runs_on_numpy_is_written_alike_every_time():
    net = network("relu", "sigmoid", sizes=(2, 4, 3, 1))
    kept, texts = [], set()  # objects between the calls, so that no two are kept at one place
    for turn in range(12):
        texts.add(str(net.program([[0.1, 0.2], [0.3, -0.4]], [0, 1], engine="numpy")))
        kept += [object() for _ in range(37 * turn)]
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("function", "shapes", "result", "times"),
    [
        ("ones_like", [(3, 2)], (3, 2), 0),  # its shape alone is read
        ("add", [(0, 2)] * 2, (0, 2), 0),
        ("add", [(3, 2)] * 2, (3, 2), 2),
        ("multiply", [(1, 2), (3, 2)], (3, 2), 3),
        ("broadcast_to", [(3, 1)], (3, 4), 4),
        ("matmul", [(3, 2), (2, 5)], (3, 5), 5),
        ("matrix_transpose", [(3, 2)], (2, 3), 1),
    ],
)
def test_an_entry_is_read_as_often_as_a_call_needs_it(function, shapes, result, times):
    one = Variable(shapes[0], "float64")
    other = [one if shape == shapes[0] else Variable(shape, "float64") for shape in shapes[1:]]
    call = Instruction(function, (one, *other), {}, Variable(result, "float64"))
    assert readings(call, one) == times


@pytest.mark.parametrize(("loops", "places"), [(False, ("w1_1_0", "x_1_0")), (True, None)])
def test_the_opening_says_by_two_examples_how_entries_are_named(loops, places):
    net = network(sizes=(3, 4, 1))
    program = str(written(net, X, [[1.0], [0.0]], loops=loops))
    said = " ".join(program.split('"""')[1].split())
    weight, entry = places or ("w1[1][0]", "x[1][0]")
    assert f"{weight} is the weight of layer 1 from input 0 to neuron 1. {entry} is input" in said
    names = {}
    exec(program, names)
    assert eval(weight, names) == net.parameters["dense1.weight"].tolist()[1][0]
    assert eval(entry, names) == X[1][0]
