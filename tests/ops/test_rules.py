"""Every rule of every op, at every sample: first and second derivative against measured ones."""

import ast
import inspect
import sys

import pytest

import chainrule.ops as ops
from chainrule import arrays
from chainrule.autodiff import PRIMITIVES, primitive
from tests.ops.derivatives import case_id, cases, complaints

RULES = [(op, name) for op in PRIMITIVES.values() for name in op.rules]


def faults(op):
    return [
        fault
        for sample in op.samples
        for options in op.sample_options
        for fault in complaints(op, sample, options)
    ]


@pytest.mark.parametrize(("op", "sample", "options"), cases(with_rules=True), ids=case_id)
def test_the_rules_give_the_measured_first_and_second_derivatives(op, sample, options):
    assert complaints(op, sample, options) == []


def test_every_public_op_is_in_the_registry_and_the_other_way_round():
    assert set(ops.__all__) == set(PRIMITIVES) | {"getitem"}


@pytest.mark.parametrize(
    "wrong",
    [lambda right: right * 1.001, lambda right: -right, lambda right: right + 0.001],
    ids=["by a thousandth", "in its sign", "by a term"],
)
@pytest.mark.parametrize(("op", "name"), RULES, ids=lambda v: getattr(v, "name", v))
def test_a_rule_that_is_wrong_is_found(op, name, wrong, monkeypatch):
    right = op.rules[name].function
    monkeypatch.setattr(op.rules[name], "function", lambda *a, **k: wrong(right(*a, **k)))
    assert any("slope by complex step" in fault for fault in faults(op))
    assert any("slope by differences" in fault for fault in faults(op))


def test_a_new_op_is_proved_the_moment_it_is_declared(forgotten):
    @primitive("a = z^2 · e^z", samples=[(0.5,), ([-1.0, 2.0],)])
    def swish_like(xp, z):
        """Grow faster than either factor."""
        return z * z * xp.exp(z)

    @swish_like.vjp("z", "da/dz = (2·z + z^2) · e^z")
    def swish_like_wrt_z(xp, g, a, z):
        """Both factors have their say."""
        return g * (2 * z + z * z) * xp.exp(z)

    assert swish_like in [op for op, _, _ in cases(with_rules=True)]
    assert faults(swish_like) == []


def test_a_missing_term_is_found(forgotten):
    @primitive("a = z · e^z", samples=[(0.5,)])
    def product(xp, z):
        """Grow a little faster than the exponential."""
        return z * xp.exp(z)

    @product.vjp("z", "da/dz = z · e^z")
    def product_wrt_z(xp, g, a, z):
        """Forgets what the first factor brings."""
        return g * a

    assert any(fault.startswith("product, z: slope by complex step") for fault in faults(product))


def test_a_rule_that_hides_a_number_from_the_tape_is_found_by_its_second_derivative(forgotten):
    @primitive("a = z^2", samples=[(0.5,)])
    def area(xp, z):
        """Grow with the square."""
        return z * z

    @area.vjp("z", "da/dz = 2·z")
    def area_wrt_z(xp, g, a, z):
        """Right as a number, and cut off from its own derivative."""
        return g * 2 * getattr(z, "value", z)

    found = faults(area)
    assert len(found) == 1
    assert "bend by complex step" in found[0]


def functions_of_xp(tree):
    """The rules of a file, and the private functions that they may call; op values are neither."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.args.args[:1]:
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            if not decorators or any(".vjp(" in text for text in decorators):
                yield node


def used_functions(tree):
    return {
        (function.name, node.attr)
        for function in functions_of_xp(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "xp"
    }


def files_of_ops():
    return sorted({op.__module__ for op in PRIMITIVES.values()})


@pytest.mark.parametrize("module", files_of_ops())
def test_every_function_that_a_rule_uses_is_itself_an_op(module):
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    missing = {use for use in used_functions(tree) if use[1] not in PRIMITIVES}
    assert missing == set()


def test_a_rule_that_uses_something_else_is_found():
    source = """
@cube.vjp("z", "da/dz = 3·z^2")
def cube_wrt_z(xp, g, a, z):
    return g * 3 * xp.square(z)
"""
    assert used_functions(ast.parse(source)) == {("cube_wrt_z", "square")}
    assert "square" not in PRIMITIVES


class Spy:
    """A namespace that knows the ops and nothing else, on list arrays."""

    def __init__(self):
        self.used = set()

    def __getattr__(self, name):
        if name not in PRIMITIVES:
            raise AssertionError(f"a rule uses xp.{name}, which is not an op")
        self.used.add(name)
        return getattr(arrays, name, PRIMITIVES[name])


@pytest.mark.parametrize(("op", "sample", "options"), cases(with_rules=True), ids=case_id)
def test_a_rule_runs_where_nothing_but_ops_exists(op, sample, options):
    spy = Spy()
    inputs = [arrays.asarray(value) for value in sample]
    output = op(inputs, **options) if op.sequence else op(*inputs, **options)
    g = arrays.ones_like(output)
    for rule in op.rules.values():
        if op.sequence:
            rule.function(spy, g, output, inputs, index=0, **options)
        else:
            rule.function(spy, g, output, *inputs, **options)


@pytest.mark.parametrize(
    ("op", "name"),
    [(op, name) for op, name in RULES if op.rules[name].sizes and not op.sequence],
    ids=lambda v: getattr(v, "name", v),
)
def test_no_rule_gives_more_than_the_sizes_it_tells(op, name):
    for sample in op.samples:
        x = [arrays.asarray(value) * 1.0 for value in sample]
        options = op.sample_options[0]
        a = arrays.asarray(op.value(arrays, x, options))
        g = arrays.ones_like(a) * 2.0
        slope = op.rules[name].function(arrays, g, a, *x, **options)
        size = op.rules[name].sizes(arrays, g, arrays.abs(a), *map(arrays.abs, x), **options)
        assert bool(arrays.all(arrays.abs(slope) <= size * (1 + 1e-12)))
