"""An op declared here is a layer's activation, and known to every explanation, at once."""

import pytest

import chainrule as cr
from chainrule import arrays
from chainrule.autodiff import primitive
from chainrule.errors import OptionError


@pytest.fixture
def hard_tanh(forgotten):
    @primitive(
        "a = z, held between -1 and 1",
        samples=[(-2.0,), (0.5,), (3.0,)],
        corner=lambda xp, z: (z + 1, z - 1),
        steepest=1,
    )
    def hard_tanh(xp, z):
        """Level off at once."""
        return xp.minimum(xp.maximum(z, -1), 1)

    @hard_tanh.vjp("z", "da/dz = 1 between -1 and 1, 0 outside")
    def hard_tanh_wrt_z(xp, g, a, z):
        """Flat at both ends."""
        return xp.where(xp.less(xp.abs(z), 1), g, 0)

    return hard_tanh


def network(activation="hard_tanh", bias=(0.25, -0.5)):
    return cr.Network(
        [
            cr.Dense(2, 2, activation, weight=[[0.5, -0.25], [0.75, 0.5]], bias=list(bias)),
            cr.Dense(2, 1, weight=[[1.5, -0.5]], bias=[0.25]),
        ],
        engine="python",
    )


X, Y = [[1.0, 0.5], [-0.5, 0.75]], [[0.5], [1.0]]


def test_it_is_a_layer_s_activation(hard_tanh):
    assert cr.Dense(2, 1, "hard_tanh", weight=[[1.0, 0.0]]).initializer == "glorot"
    assert network().forward([[4.0, 0.0]]).tolist() == [[1.5 * 1.0 - 0.5 * 1.0 + 0.25]]
    net = network()
    before = net.loss(X, Y)
    net.fit(X, Y, epochs=20, learning_rate=0.1, progress=False)
    assert net.loss(X, Y) < before


def test_its_gradients_are_checked(hard_tanh):
    check = cr.check_gradients(network(), X, Y)
    assert check.passed
    assert "hard_tanh" not in str(check)


def test_its_corner_is_known_to_the_checker(hard_tanh):
    check = cr.check_gradients(network(bias=(-1.375, -0.5)), X, Y)  # z = -1 in row 0, unit 0
    assert "dense1 unit 0 in row 0 on the corner of hard_tanh" in " ".join(str(check).split())


def test_its_forgotten_derivative_is_named(hard_tanh):
    net = network(bias=(2.0, -0.5))  # unit 0 is flat on both rows

    def linear(xp, g, a, z):
        """Forget the ends."""
        return g

    right = hard_tanh.rules["z"].function
    hard_tanh.rules["z"].function = linear
    wrong = net.gradients(X, Y)
    hard_tanh.rules["z"].function = right
    check = cr.check_gradients(net, X, Y, gradient=wrong)
    assert not check.passed
    assert "the derivative of the activation is missing at dense1.a" in " ".join(str(check).split())


def test_its_flat_units_are_found(hard_tanh):
    x = [[n / 10, 1.0] for n in range(20)]
    findings = cr.health(network(bias=(9.0, -0.5)), x, [[0.0]] * 20).findings
    assert any("1 of 2 hard_tanh units is dead" in finding.sentence for finding in findings)


def test_an_op_that_goes_through_half_of_the_signal_starts_with_he(forgotten):
    @primitive("a = max(0, z)^2 / 6", samples=[(-2.0,), (3.0,)])
    def half_square(xp, z):
        """Grow with the square above zero."""
        return xp.maximum(z, 0) * xp.maximum(z, 0) / 6

    @half_square.vjp("z", "da/dz = max(0, z) / 3")
    def half_square_wrt_z(xp, g, a, z):
        """Open more the further above zero."""
        return g * xp.maximum(z, 0) / 3

    assert cr.Dense(2, 1, "half_square").initializer == "he"


def test_an_op_whose_input_is_no_weighted_sum_is_refused_with_what_to_do():
    with pytest.raises(OptionError, match="called 'x': declare it with the input z"):
        cr.Dense(2, 1, "exp")
    with pytest.raises(OptionError, match="choose from identity, relu"):
        cr.Dense(2, 1, "sum")


def test_a_forgotten_op_is_no_activation_any_more():
    assert "hard_tanh" not in vars(arrays)
    with pytest.raises(OptionError, match="hard_tanh"):
        cr.Dense(2, 1, "hard_tanh")
