"""The receipt of a weight with sliders: move a number, and every number of it is worked out again.

`marimo run docs/notebooks/receipt.py` shows it, `marimo edit` its cells as well.
"""

import marimo

app = marimo.App(width="medium", app_title="The receipt of a weight")


@app.cell
def _():
    import marimo as mo

    import chainrule as cr

    return cr, mo


@app.cell
def _(mo):
    starts = {"weight[0]": 1.5, "input[0]": 2, "weight[1]": -0.5, "input[1]": 1}
    starts |= {"bias": 0.5, "target": 4}
    sliders = mo.ui.dictionary(
        {
            name: mo.ui.slider(-5, 5, 0.1, start, label=name, show_value=True)
            for name, start in starts.items()
        }
    )
    functions = ["identity", "relu", "tanh", "sigmoid", "softplus"]
    function = mo.ui.dropdown(functions, "identity", label="activation")
    parameter = mo.ui.dropdown(["weight[0]", "weight[1]", "bias"], "weight[0]", label="receipt of")
    return function, parameter, sliders


@app.cell
def _(function, parameter, sliders):
    at, activation, name = sliders.value, function.value, parameter.value
    return activation, at, name


@app.cell
def _(activation, at, cr, name):
    neuron = cr.Neuron([at["weight[0]"], at["weight[1]"]], at["bias"], activation)
    x = [at["input[0]"], at["input[1]"]]
    explanation = neuron.explain(x, at["target"], "mean_squared_error")
    receipt, nudge = explanation.receipt(name), explanation.nudge(name, by=-0.1)
    return explanation, neuron, nudge, receipt, x


@app.cell
def _(explanation, function, mo, neuron, nudge, parameter, receipt, sliders, x):
    z, a, loss = neuron.weighted_sum(x), neuron.forward(x), explanation.loss
    pairs = [mo.vstack(list(sliders.elements.values())[i : i + 2]) for i in (0, 2, 4)]
    mo.vstack(
        [
            mo.md("# The receipt of a weight"),
            mo.hstack([*pairs, mo.vstack([function, parameter])], wrap=True, justify="start"),
            mo.md(f"weighted sum z = {z:.4g}, output a = {a:.4g}, **loss = {loss:.4g}**"),
            receipt,
            mo.plain_text(str(nudge)),
        ]
    )


if __name__ == "__main__":
    app.run()
