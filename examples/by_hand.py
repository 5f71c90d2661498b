"""A network that learns, in plain Python: nothing is imported, and every line is one formula.

Two inputs, two hidden neurons, one output; sigmoid everywhere; the loss is the squared error.

    x1 ── w1 ──▶ h1
    x2 ── w2 ──▶ h1 ── w5 ──▶ a
    x1 ── w3 ──▶ h2 ── w6 ──▶ a ──▶ L = (a - y)²
    x2 ── w4 ──▶ h2

The numbers are those of Matt Mazur, "A Step by Step Backpropagation Example" (2015), with his
first output alone. `training_loop.py` is the same again, written with chainrule's ops.
"""

e = 2.718281828459045

x1, x2, y = 0.05, 0.10, 0.01
w1, w2, b1 = 0.15, 0.20, 0.35  # into h1
w3, w4, b2 = 0.25, 0.30, 0.35  # into h2
w5, w6, b3 = 0.40, 0.45, 0.60  # into the output
learning_rate = 0.25

losses = []
for step in range(1, 6):
    # Forward: from the inputs to the loss.
    z1 = w1 * x1 + w2 * x2 + b1
    z2 = w3 * x1 + w4 * x2 + b2
    h1 = 1 / (1 + e**-z1)
    h2 = 1 / (1 + e**-z2)
    z3 = w5 * h1 + w6 * h2 + b3
    a = 1 / (1 + e**-z3)
    L = (a - y) ** 2

    # Backward: from the loss to each weight, one factor of the chain rule after another.
    dL_da = 2 * (a - y)
    da_dz3 = a * (1 - a)
    dL_dz3 = dL_da * da_dz3

    dL_dw5 = dL_dz3 * h1  # dz3/dw5 = h1
    dL_dw6 = dL_dz3 * h2  # dz3/dw6 = h2
    dL_db3 = dL_dz3 * 1  # dz3/db3 = 1

    dL_dh1 = dL_dz3 * w5  # dz3/dh1 = w5
    dL_dh2 = dL_dz3 * w6  # dz3/dh2 = w6
    dh1_dz1 = h1 * (1 - h1)
    dh2_dz2 = h2 * (1 - h2)
    dL_dz1 = dL_dh1 * dh1_dz1
    dL_dz2 = dL_dh2 * dh2_dz2

    dL_dw1 = dL_dz1 * x1  # dz1/dw1 = x1
    dL_dw2 = dL_dz1 * x2  # dz1/dw2 = x2
    dL_db1 = dL_dz1 * 1  # dz1/db1 = 1
    dL_dw3 = dL_dz2 * x1  # dz2/dw3 = x1
    dL_dw4 = dL_dz2 * x2  # dz2/dw4 = x2
    dL_db2 = dL_dz2 * 1  # dz2/db2 = 1

    print(f"step {step}: says {a:.9f}, loss {L:.9f}, dL/dw5 {dL_dw5:.9f}, dL/dw1 {dL_dw1:.9f}")
    losses.append(L)

    # Update: every weight a little way against its slope.
    w1 = w1 - learning_rate * dL_dw1
    w2 = w2 - learning_rate * dL_dw2
    b1 = b1 - learning_rate * dL_db1
    w3 = w3 - learning_rate * dL_dw3
    w4 = w4 - learning_rate * dL_dw4
    b2 = b2 - learning_rate * dL_db2
    w5 = w5 - learning_rate * dL_dw5
    w6 = w6 - learning_rate * dL_dw6
    b3 = b3 - learning_rate * dL_db3

print(f"into h1      {w1:.9f} {w2:.9f} {b1:.9f}")
print(f"into h2      {w3:.9f} {w4:.9f} {b2:.9f}")
print(f"into output  {w5:.9f} {w6:.9f} {b3:.9f}")
