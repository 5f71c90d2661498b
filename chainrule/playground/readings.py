"""What the page shows of a network as it is: a grid of its answers, and a program's line."""

from __future__ import annotations

import ast
from itertools import product
from typing import Any

from chainrule.errors import ChainruleError, require_whole
from chainrule.model import Network, Rows
from chainrule.nn import find_weight
from chainrule.report import column_values, laid_out, numbers_alone, side
from chainrule.words import fitted

GRID = 37
"""How many points a side of the grid has."""


def grid(net: Network, rows: Rows) -> dict[str, Any]:
    """What the network says over the plane of two columns of numbers, or along one.

    Returns:
        `kind` ("plane", "line" or "none"), the axes with their names, `values` row by row from the
        lowest y, and the rows as points with their targets: all numbers in the table's own units.
    """
    recipe, examples = rows.recipe, rows.examples
    columns = numbers_alone(recipe)
    if len(columns) not in (1, 2):
        said = "a picture of its answers needs one or two columns of numbers, and no other"
        return {"kind": "none", "sentence": said}
    points = column_values(columns, [examples.row(place) for place in range(len(rows))])
    axes = [side(values, GRID, 0.1) for values in zip(*points, strict=True)]
    inputs = laid_out(columns, [point[::-1] for point in product(*axes[::-1])])
    outputs = net.architecture.outputs(net.parameters, net.engine.asarray(inputs, dtype=net.dtype))
    answers = outputs.tolist()
    values = highest = [max(row) for row in answers]
    if len(answers[0]) > 1:
        values = [float(row.index(top)) for row, top in zip(answers, highest, strict=True)]
    targets = [float(t) for t in examples.y or ()]
    if not examples.class_names:
        values, targets = ([*recipe.restore(each)] for each in (values, targets))
    return {
        "kind": "plane" if len(columns) == 2 else "line",
        "names": [each.column for each in columns],
        "target": examples.target_name,
        "axes": axes,
        "outputs": len(answers[0]),
        "classes": list(examples.class_names),
        "values": values,
        "certain": highest,
        "points": points,
        "targets": targets,
    }


def program_line(net: Network, rows: Rows, weight: str) -> str | None:
    """The line of the network's program that computes the gradient of a weight for one row.

    None where the program is too large to be written number by number.
    """
    try:
        source = str(net.program(rows.examples, rows.y))
    except ChainruleError:
        return None
    lines = (node for node in ast.parse(source).body if isinstance(node, ast.Assign))
    assigned = {ast.unparse(line.targets[0]): line for line in lines}
    parameter, index = find_weight(weight, net.architecture.layout.shapes)
    node: ast.expr = assigned["gradients"].value
    assert isinstance(node, ast.Dict)
    pairs = zip(node.keys, node.values, strict=True)
    node = {ast.literal_eval(key): value for key, value in pairs if key}[parameter]
    for place in index:
        if not isinstance(node, ast.List):
            return None
        node = node.elts[place]
    line = assigned.get(ast.unparse(node))
    return ast.unparse(line) if line else None


def narrowed(stop: dict[str, Any], columns: int) -> dict[str, Any]:
    """A stop of the tour, in which no more than so many characters stand beside each other.

    Prose stays as it is: the page breaks it. Of the `texts` of a stop, each with how long its lines
    are, the longest that fits is taken, so that no sentence is broken twice.
    """
    require_whole("columns", columns)
    texts = stop.get("texts") or [(columns, stop["text"])]  # the longest lines first
    parts = next((text for most, text in texts if most <= columns), texts[-1][1]).split("\n\n")
    parts = [fitted(part, columns) if "  " in part else part for part in parts]
    return {"name": stop["name"], "title": stop["title"], "text": "\n\n".join(parts)}
