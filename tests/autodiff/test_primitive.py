"""A declaration that is incomplete or contradicts itself fails at once."""

import copy
import pickle
from importlib import import_module
from pydoc import plaintext, render_doc

import pytest

from chainrule import ops
from chainrule.arrays import asarray, ones
from chainrule.autodiff import PRIMITIVES, Tensor, backward, grad, namespace, primitive
from chainrule.autodiff.primitive import Primitive, Rule
from chainrule.errors import ChainruleError, KindError, OptionError, ShapeError
from tests.processes import python

pytestmark = pytest.mark.usefixtures("forgotten")


@pytest.fixture
def cube():
    @primitive("a = z^3", samples=[(2.0,)], sample_options=[{}, {"scale": 2}])
    def cube(xp, z, *, scale=1):
        """Grow with the third power."""
        return z * z * z * scale

    return cube


def test_an_op_knows_what_was_declared(cube):
    @cube.vjp("z", "da/dz = 3·z^2·scale")
    def cube_wrt_z(xp, g, a, z, *, scale=1):
        """Flat at zero, and steeper
        the further out.

        A second paragraph is for those who read the source.
        """
        return g * 3 * z * z * scale

    assert (cube.name, cube.inputs, cube.options) == ("cube", ("z",), {"scale": 1})
    assert cube.why == "Grow with the third power."
    assert cube.rules["z"] is cube.rule(0)
    assert cube.rule(0).why == "Flat at zero, and steeper the further out."
    assert cube.rule(0).formula == "da/dz = 3·z^2·scale"
    shown = " ".join(render_doc(cube, renderer=plaintext).split())
    for said in (cube.formula, cube.why, "File: tests/autodiff/test_primitive.py"):
        assert said in shown
    assert "da/dz = 3·z^2·scale: Flat at zero, and steeper the further out." in shown
    assert repr(cube) == "<op cube: a = z^3>"
    assert (cube(2.0), cube(2.0, scale=2), cube(2.0, 2)) == (8.0, 16.0, 16.0)
    assert grad(lambda z: cube(z, scale=2))(2.0) == 24.0


@pytest.mark.parametrize("options", [{"scale": 0.5}, {"axes": (0,)}])
def test_a_fault_within_an_op_of_ones_own_is_not_laid_on_its_options(options):
    @primitive("a = z", samples=[(2.0,)])
    def faulty(xp, z, *, scale=1, axes=()):
        """Add the length of nothing."""
        return z + len(None)

    with pytest.raises(TypeError, match="has no len"):
        faulty(2.0, **options)
    with pytest.raises(KindError, match="faulty was given `power`; it takes scale, axes"):
        faulty(2.0, power=3)


def test_where_python_takes_docstrings_away_the_ops_do_without():
    program = "import chainrule as cr; print(cr.grad(cr.sigmoid)(0.0), cr.sigmoid.why == '')"
    done = python("-OO", "-c", program)
    assert (done.stdout, done.stderr) == ("0.25 True\n", "")


def test_an_op_without_a_docstring_is_refused():
    with pytest.raises(OptionError, match="'silent' needs a docstring"):

        @primitive("a = z", samples=[(1.0,)])
        def silent(xp, z):
            return z

    assert "silent" not in PRIMITIVES


def test_a_second_op_of_the_same_name_is_refused(cube):
    with pytest.raises(OptionError, match="'cube' exists already"):

        @primitive("a = z^3", samples=[(2.0,)])
        def cube(xp, z):
            """Grow with the third power."""
            return z * z * z


def test_a_formula_that_is_no_text_is_refused(cube):
    with pytest.raises(KindError, match="the formula of the op 'square' is a text; found NoneType"):

        @primitive(None, samples=[(1.0,)])
        def square(xp, z):
            """Square."""
            return z * z

    with pytest.raises(KindError, match="the formula of the rule for 'z' is a text; found int"):
        Rule("z", 3, cube.function)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "needs samples"),
        (None, "needs samples"),
        ([1.0], "has no list of values for its inputs z"),
    ],
)
def test_an_op_without_samples_is_refused(samples, said):
    with pytest.raises(OptionError, match=said):

        @primitive("a = z", samples=samples)
        def untested(xp, z):
            """Nobody would ever look at it."""
            return z


def test_a_sample_with_a_value_missing_is_refused():
    with pytest.raises(OptionError, match="1 values for its inputs x, y"):

        @primitive("a = x", samples=[(1.0,)])
        def lonely(xp, x, y):
            """Take two and be given one."""
            return x


def test_a_rule_for_an_unknown_input_is_refused(cube):
    with pytest.raises(OptionError, match="no input 'x'; its inputs are z"):
        cube.vjp("x", "da/dx = 1")


def test_a_second_rule_for_the_same_input_is_refused(cube):
    def right(xp, g, a, z, *, scale=1):
        """Say why."""
        return g

    cube.vjp("z", "da/dz = 1")(right)
    with pytest.raises(OptionError, match="a rule for 'z' already"):
        cube.vjp("z", "da/dz = 1")(right)


def test_a_rule_without_a_docstring_is_refused(cube):
    with pytest.raises(OptionError, match="the rule for 'z' needs a docstring"):

        @cube.vjp("z", "da/dz = 3·z^2")
        def cube_wrt_z(xp, g, a, z, *, scale=1):
            return g

    assert cube.rules == {}


@pytest.mark.parametrize(
    ("z", "result", "named"),
    [
        ([1.0, 2.0, 3.0], 0.0, "0.0"),
        ([1.0, 2.0, 3.0], None, "None"),
        ([1.0, 2.0, 3.0], asarray([1.0, 2.0]), r"shape \(2,\)"),
        ([1.0], asarray(1.0), r"shape \(\)"),
    ],
)
def test_a_rule_that_gives_another_shape_is_named(cube, z, result, named):
    @cube.vjp("z", "da/dz = 3·z^2")
    def cube_wrt_z(xp, g, a, z, *, scale=1):
        """Say why."""
        return result

    with pytest.raises(ShapeError, match=rf"cube's rule for 'z' .* found {named}: make"):
        grad(lambda z: ops.sum(cube(z)))(z)


RULES_OF_ANOTHER_OP = {
    "an input too few": lambda xp, g, a, *, scale=1: g,
    "an input of another name": lambda xp, g, a, x, *, scale=1: g,
    "an option too few": lambda xp, g, a, z: g,
    "an option of another name": lambda xp, g, a, z, *, size=1: g,
    "an option with another default": lambda xp, g, a, z, *, scale=2: g,
    "no result": lambda xp, z: z,
}


@pytest.mark.parametrize("name", RULES_OF_ANOTHER_OP)
def test_a_rule_with_another_signature_than_its_op_is_refused(cube, name):
    rule = RULES_OF_ANOTHER_OP[name]
    rule.__doc__ = "Say why."
    with pytest.raises(OptionError, match="is not a rule of cube"):
        cube.vjp("z", "da/dz = 3·z^2")(rule)


def test_only_a_rule_of_a_sequence_is_asked_for_an_index(cube):
    def rule(xp, g):
        """Say why."""

    with pytest.raises(OptionError, match=r"the same defaults$"):
        cube.vjp("z", "da/dz = 3·z^2")(rule)

    @primitive("a = z_0", samples=[([2.0],)], sequence=True)
    def first(xp, zs):
        """Take the first array."""

    with pytest.raises(OptionError, match=r"the same defaults and index$"):
        first.vjp("zs", "da/dz_0 = 1")(rule)


def test_what_a_declaration_raises_is_a_value_error_too():
    assert issubclass(OptionError, ChainruleError)
    assert issubclass(OptionError, ValueError)


def test_a_tensor_where_no_rule_exists_is_refused_when_the_walk_comes_by(cube):
    z = Tensor(2.0)
    assert cube(z) == 8.0  # computing is no question of derivatives, and leaves no trace
    losing = namespace.squared_error(Tensor([[1.0]]), Tensor([[2.0]]))
    target = losing.origin.inputs[1]
    with pytest.raises(KindError, match=r"squared_error has no derivative.*'y'.*plain array"):
        backward(losing, [target])


def test_the_arrays_of_a_sequence_share_the_name_of_its_input():
    assert [ops.concat.input_at(place) for place in (0, 1)] == ["arrays", "arrays"]
    assert [ops.subtract.input_at(place) for place in (0, 1)] == ["x", "y"]


def test_what_is_made_alike_is_not_the_same():
    x = Tensor([1.0, 2.0])
    assert (x * x).origin != (x * x).origin
    rule = ops.exp.rules["x"]
    assert rule != Rule(rule.input, rule.formula, rule.function)


OPS = [op for op in map(ops.__dict__.get, ops.__all__) if isinstance(op, Primitive)]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_an_op_is_found_again_by_copies_and_pickles(op):
    for again in (copy.copy(op), copy.deepcopy([op])[0], pickle.loads(pickle.dumps(op))):
        assert again is op


@pytest.mark.extra("numpy", "jax")
@pytest.mark.parametrize("library", ["numpy", "jax.numpy"])
@pytest.mark.parametrize("op", [op for op in OPS if len(op.inputs) > 1], ids=lambda op: op.name)
def test_what_does_not_fit_is_one_sentence_of_ours_beside_others_arrays_too(op, library):
    xp, others = import_module(library), len(op.inputs) - 2
    ours, theirs, wide = ones((2, 2)), xp.ones((2, 2)), xp.ones((3, 5))
    with pytest.raises(KindError, match="asarray"):
        op(ours, theirs, *[ours] * others)
    with pytest.raises(ShapeError) as caught:
        op(theirs, wide, *[theirs] * others)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ops.concat(3), r"concat takes arrays in a list; found \(3,\)"),
        (lambda: ops.stack(), r"stack takes arrays in a list; found \(\)"),
        (lambda: ops.sin(10**400), "a number is too large for a float: scale it down"),
        (lambda: Tensor(10**400) * 1.5, "a number is too large for a float: scale it down"),
        (lambda: Tensor(1.0) + object(), "add was asked of an object, which is neither an array"),
        (lambda: Tensor([1.0]) @ 1.5, r"matmul was asked of \(1,\) and \(\): a single number"),
        (lambda: Tensor([1.0]) @ None, "matmul was asked of a NoneType, which is neither a"),
        (lambda: ops.weighted_sum([[1.0]], 1.5, [1.0]), r"weights are \(neurons, inputs\); found"),
    ],
)
def test_what_an_op_cannot_take_is_one_sentence_of_ours(call, sentence):
    with pytest.raises(ChainruleError, match=sentence):
        call()


CELL = '''
@primitive("a = z²", samples=[(2.0,)])
def declared_in_a_cell(xp, z):
    """Square."""
    return z * z


@declared_in_a_cell.vjp("z", "da/dz = 2·z")
def declared_in_a_cell_wrt_z(xp, g, a, z):
    """Straight."""
    return g * 2 * z
'''


def test_a_cell_or_a_module_that_is_run_again_declares_its_op_anew():
    cell = {"__name__": "__main__", "primitive": primitive}
    for name, source in (("1", CELL), ("1", CELL), ("2", f"\n{CELL.replace('2 * z', '3 * z')}")):
        exec(compile(source, name, "exec"), cell)
    assert grad(cell["declared_in_a_cell"])(2.0) == 6.0
    for module in ("__main__", "elsewhere"):
        with pytest.raises(OptionError, match="'declared_in_a_cell' exists already"):
            exec(compile(f"\n\n{CELL}", "2", "exec"), {**cell, "__name__": module})
    exec(compile(CELL, "2", "exec"), {**cell, "__spec__": "of the module loaded anew"})
