"""A function of your own: no network, no layers, only arrays by name; differentiated and checked.

Coffee cools towards the room: `T(t) = room + drop · e^(-rate · t)`. Three numbers are unknown, a
few readings of a thermometer are known, and the gradient says which way each number must go.
"""

import chainrule as cr

minutes = [0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0]
celsius = [85.0, 71.9, 61.4, 46.4, 36.9, 28.6, 24.4]
parameters = {"room": 15.0, "drop": 70.0, "rate": 0.03}


def losses(p):
    """How far off each reading is, squared: one number a row."""
    predicted = p["room"] + p["drop"] * cr.exp(cr.multiply(p["rate"], cr.negative(minutes)))
    return cr.subtract(predicted, celsius) ** 2


def loss(p):
    """The mean over the readings."""
    return cr.mean(losses(p))


value, gradient = cr.value_and_grad(loss)(parameters)
print(f"loss {value:.4f}")
for name, slope in gradient.items():
    print(f"dL/d({name}) = {slope:.4f}: {'decrease' if slope > 0 else 'increase'} it")

print(cr.check_gradients(loss, parameters))

# A gradient worked out by hand, in which the minus of e^(-rate · t) was forgotten.
wrong = {**gradient, "rate": -gradient["rate"]}
print(cr.check_gradients(loss, parameters, gradient=wrong).worst.sentence)

# Learned: plain steps, each number with a rate that suits its size.
rates = {"room": 0.1, "drop": 0.1, "rate": 1e-6}
for _ in range(1000):
    value, gradient = cr.value_and_grad(loss)(parameters)
    parameters = {n: number - rates[n] * gradient[n] for n, number in parameters.items()}
print(f"loss {value:.4f}: {', '.join(f'{n} {v:.4g}' for n, v in parameters.items())}")
