"""An op of your own: declared once, then differentiated, checked and used like any other.

Softsign bends like tanh, but needs nothing beyond the four basic operations, so fractions stay
exact. (Source: Bergstra et al., "Quadratic polynomials learn better image features", 2009.)
"""

from fractions import Fraction

import chainrule as cr
from chainrule.autodiff import primitive


@primitive("a = z / (1 + |z|)", samples=[(-2.0,), (0.5,), (3.0,)])
def softsign(xp, z):
    """Answer between -1 and 1, and never quite reach them."""
    return z / (1 + xp.abs(z))


@softsign.vjp("z", "da/dz = 1 / (1 + |z|)²")
def softsign_wrt_z(xp, g, a, z):
    """Steepest at zero; far out it flattens, more slowly than tanh does."""
    return g / (1 + xp.abs(z)) ** 2


# Differentiated: at z = 1/2 the slope is 1 / (3/2)² = 4/9, at z = 2 it is 1/9.
print("slope at 1/2 ", cr.grad(softsign)(Fraction(1, 2)))
print("slope at 2   ", cr.grad(softsign)(2.0))
print("bend at 2    ", cr.grad(cr.grad(softsign))(2.0))  # -2 / (1 + z)³

# Checked against slopes that are measured without any rule, in a function that uses it.
inputs, targets = [[1.0, 2.0], [-1.0, 0.5]], [[0.5], [-0.5]]


def loss(p):
    """The mean squared error of one neuron with this activation."""
    a = softsign(cr.weighted_sum(inputs, p["weight"], p["bias"]))
    return cr.mean(cr.squared_error(a, targets))


p = {"weight": [[0.5, -0.25]], "bias": [0.1]}
print(cr.check_gradients(loss, p))

# Used: the neuron learns.
for step in range(101):
    value, gradient = cr.value_and_grad(loss)(p)
    if step % 50 == 0:
        print(f"step {step:>3}: loss {value.item():.6f}")
    p = {name: cr.Tensor(p[name]).value - 0.5 * slope for name, slope in gradient.items()}
