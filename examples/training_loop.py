"""The network of `by_hand.py` once more, with ops that know their derivatives: what `fit` does.

A step is always the same four acts: forward, loss, backward, step. `Network.fit` does them too, and
adds batches, other optimizers, held-out rows and engines; the numbers are the same.
"""

import chainrule as cr

x, y = [[0.05, 0.10]], [[0.01]]
parameters = {
    "dense1.weight": [[0.15, 0.20], [0.25, 0.30]],
    "dense1.bias": [0.35, 0.35],
    "dense2.weight": [[0.40, 0.45]],
    "dense2.bias": [0.60],
}
learning_rate = 0.25


def forward(p, x):
    """The network's answer: weighted sum and sigmoid, twice."""
    h = cr.sigmoid(cr.weighted_sum(x, p["dense1.weight"], p["dense1.bias"]))
    return cr.sigmoid(cr.weighted_sum(h, p["dense2.weight"], p["dense2.bias"]))


losses = []
for step in range(1, 6):
    p = {name: cr.Tensor(array) for name, array in parameters.items()}
    a = forward(p, x)
    loss = cr.mean((a - y) ** 2)
    loss.backward()
    parameters = {name: w.value - learning_rate * w.gradient for name, w in p.items()}
    losses.append(loss.value.item())
    print(f"step {step}: says {a.value.item():.9f}, loss {losses[-1]:.9f}")

# The same by `fit`: plain gradient descent, all examples in one batch.
start = {"weight": [[0.15, 0.20], [0.25, 0.30]], "bias": [0.35, 0.35]}
net = cr.Network(
    [
        cr.Dense(2, 2, "sigmoid", **start),
        cr.Dense(2, 1, "sigmoid", weight=[[0.40, 0.45]], bias=[0.60]),
    ],
    engine="python",
)
net.fit(
    x,
    y,
    epochs=5,
    optimizer="sgd",
    learning_rate=learning_rate,
    loss="mean_squared_error",
    progress=False,
)
for name, array in net.parameters.items():
    print(f"{name:<14} {parameters[name].tolist()}\n{'  by fit':<14} {array.tolist()}")
