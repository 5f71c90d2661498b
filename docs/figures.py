"""Draws the figures of the pages into `docs/img`: every curve and every width is computed here.

`python docs/figures.py [FOLDER]` writes them.
"""

import re
import sys
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import chainrule as cr
from chainrule.cli.tour import page

INK, GREY, PALE = "#1f2328", "#6e7781", "#d0d7de"
BLUE, ORANGE = "#0b62b4", "#c2570c"  # told apart by colour-blind readers, too
FONT = "font-family='system-ui, sans-serif' font-size='13'"


class Drawing:
    """Shapes on a white card."""

    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.shapes = [f"<title>{escape(title)}</title>"]

    def line(self, points, colour=INK, width=2.0, dash=None):
        """A line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f" stroke-dasharray='{dash}'" if dash else ""
        self.shapes.append(
            f"<polyline points='{path}' fill='none' stroke='{colour}' "
            f"stroke-width='{width:.1f}'{dashes}/>"
        )

    def web(self, left, right):
        """A hair line from every point on the left to every one on the right."""
        path = "".join(
            f"M{x0:.0f} {y0:.0f}L{x1:.0f} {y1:.0f}" for x0, y0 in left for x1, y1 in right
        )
        self.shapes.append(f"<path d='{path}' stroke='{PALE}' stroke-width='0.4'/>")

    def circle(self, x, y, radius, colour=INK, fill="white"):
        """A circle around a point."""
        self.shapes.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius}' fill='{fill}' stroke='{colour}' "
            "stroke-width='1.5'/>"
        )

    def text(self, x, y, words, colour=INK, anchor="middle", halo=False):
        """A line of text; with a halo it can be read on top of lines."""
        words = re.sub(r"(?<![\w-])-(?=\d|ln)", "−", words)
        place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
        if halo:
            self.shapes.append(
                f"<text {place} fill='white' stroke='white' stroke-width='8' "
                f"stroke-linejoin='round' aria-hidden='true'>{escape(words)}</text>"
            )
        self.shapes.append(f"<text {place} fill='{colour}'>{escape(words)}</text>")

    def __str__(self):
        size = f"width='{self.width}' height='{self.height}'"
        head = f"<svg xmlns='http://www.w3.org/2000/svg' role='img' {size} {FONT}>"
        return "\n".join([head, f"<rect {size} rx='8' fill='white'/>", *self.shapes, "</svg>\n"])


class Plot:
    """Curves over two axes, in a corner of a drawing."""

    def __init__(self, drawing, left, top, size, x_range, y_range):
        self.drawing, self.left, self.top = drawing, left, top
        self.size, self.x_range, self.y_range = size, x_range, y_range

    def place(self, x, y):
        """Where a pair of numbers stands on the drawing."""
        (x0, x1), (y0, y1), (width, height) = self.x_range, self.y_range, self.size
        return (
            self.left + (x - x0) / (x1 - x0) * width,
            self.top + (y1 - y) / (y1 - y0) * height,
        )

    def axes(self, x_ticks, y_ticks, x_name, y_name):
        """Both axes through zero, or along the edge where zero is not in sight."""
        draw, (x0, x1), (y0, y1) = self.drawing, self.x_range, self.y_range
        across, up = min(max(0, y0), y1), min(max(0, x0), x1)
        draw.line([self.place(x0, across), self.place(x1, across)], PALE, 1)
        draw.line([self.place(up, y0), self.place(up, y1)], PALE, 1)
        for tick in x_ticks:
            x, y = self.place(tick, across)
            draw.text(x, y + 16, f"{tick:g}", GREY)
        for tick in y_ticks:
            x, y = self.place(up, tick)
            draw.text(x - 6, y + 4, f"{tick:g}", GREY, "end")
        x, y = self.place(x1, across)
        draw.text(x + 8, y + 4, x_name, GREY, "start")
        x, y = self.place(up, y1)
        draw.text(x, y - 8, y_name, GREY)

    def curve(self, function, colour=INK, dash=None, x_range=None, width=2.0):
        """A function over a range; the whole axis if none is given."""
        first, last = x_range or self.x_range
        xs = [first + (last - first) * step / 120 for step in range(121)]
        low, high = self.y_range
        points = [(x, y) for x in xs if low <= (y := function(x)) <= high]
        self.drawing.line([self.place(x, y) for x, y in points], colour, width, dash)

    def dot(self, x, y, colour=INK):
        """A full dot."""
        self.drawing.circle(*self.place(x, y), 4, colour, colour)

    def label(self, x, y, words, colour=INK, anchor="start"):
        """A text beside a point."""
        self.drawing.text(*self.place(x, y), words, colour, anchor, halo=True)


def neuron():
    """A neuron without activation is a line."""
    drawing = Drawing(460, 260, "z = w·x + b for three pairs of w and b")
    plot = Plot(drawing, 40, 40, (270, 190), (-1, 3), (-3, 5))
    plot.axes((1, 2, 3), (-2, 2, 4), "x", "z")
    for w, b, colour, dash in (
        (1.5, 0.5, BLUE, None),
        (1.5, -1, BLUE, "5 4"),
        (-1.5, 0.5, ORANGE, None),
    ):
        line = cr.Neuron(weights=[w], bias=b)
        plot.curve(lambda x, line=line: line.weighted_sum([x]), colour, dash)
        end = min(3.0, (5 - b) / w) if w > 0 else min(3.0, (-3 - b) / w)
        words = f"w = {w:g}, b = {b:g}"
        plot.label(end + 0.1, line.weighted_sum([end]) + 0.1, words, colour)
    return drawing


def activations():
    """Value and slope of three activations, side by side."""
    drawing = Drawing(720, 230, "Value (solid) and slope (dashed) of ReLU, sigmoid and tanh")
    for place, f in enumerate((cr.relu, cr.sigmoid, cr.tanh)):
        plot = Plot(drawing, 40 + 235 * place, 45, (175, 150), (-4, 4), (-1.2, 2))
        plot.axes((-4, -2, 2, 4), (-1, 1, 2), "z", "")
        plot.curve(f, BLUE)
        for side in ((-4, 0), (0.001, 4)):  # a ReLU's slope jumps at 0
            plot.curve(cr.grad(f), ORANGE, "5 4", side)
        drawing.text(127 + 235 * place, 24, f.name, INK)
    drawing.text(340, 220, "solid: value a", BLUE, "end")
    drawing.text(370, 220, "dashed: slope da/dz", ORANGE, "start")
    return drawing


def losses():
    """What a share for the true class costs."""
    drawing = Drawing(460, 260, "Cross-entropy and squared error against the share of the truth")
    plot = Plot(drawing, 50, 40, (270, 180), (0, 1), (0, 5))
    plot.axes((0, 0.5, 1), (1, 2, 3, 4, 5), "share of the truth", "L")
    plot.curve(lambda p: -cr.log(p), BLUE, x_range=(0.0068, 1))
    plot.curve(lambda p: (1 - p) ** 2, ORANGE, "5 4")
    plot.label(0.14, 2.4, "cross-entropy, -ln p", BLUE)
    plot.label(0.38, 1.35, "squared error, (1 - p)², dashed", ORANGE)
    return drawing


def slopes():
    """The parabola of chapter 6 with a tangent at each of three points."""
    drawing = Drawing(460, 280, "f(w) = (w - 3)² with its tangents at 1, 3 and 5")
    plot = Plot(drawing, 45, 40, (330, 200), (0, 6.4), (-1, 9))
    plot.axes((1, 3, 5), (4, 8), "w", "f(w)")
    plot.curve(lambda w: (w - 3) ** 2, INK)
    for at, x, y in ((1.0, 1.75, 7.2), (3.0, 3.0, 1.9), (5.0, 4.25, 7.2)):
        s = cr.slope(lambda w: (w - 3) ** 2, at=at)
        colour = {"decrease": BLUE, "increase": ORANGE, "stop": GREY}[s.direction]
        tangent = lambda w, s=s: s.loss + s.value * (w - s.at)  # noqa: E731 - a line of maths
        plot.curve(tangent, colour, "5 4", (at - 0.9, at + 0.9))
        plot.dot(at, s.loss, colour)
        plot.label(x, y, f"slope {s.value:g}: {s.direction}", colour, "middle")
    return drawing


def network(title, names, edge):
    """Units in columns and a line for each weight; `edge` gives its width, colour, dash, label."""
    drawing = Drawing(620, 300, title)
    places = [
        [(90 + 220 * column, 90 + 120 * row) for row in range(len(units))]
        for column, units in enumerate(names)
    ]
    labels = []
    for layer, (left, right) in enumerate(pairwise(places), 1):
        for i, (x1, y1) in enumerate(right):
            for j, (x0, y0) in enumerate(left):
                width, colour, dash, words = edge(layer, i, j)
                drawing.line([(x0, y0), (x1, y1)], colour, width, dash)
                along = 0.5 if i == j else 0.27
                place = x0 + along * (x1 - x0), y0 + along * (y1 - y0) + (-9 if i == j else 4)
                labels.append((*place, words, colour))
    for x, y, words, colour in labels:
        drawing.text(x, y, words, colour, halo=True)
    for units, column in zip(names, places, strict=True):
        for name, (x, y) in zip(units, column, strict=True):
            drawing.circle(x, y, 22)
            drawing.text(x, y + 5, name)
    return drawing


NAMES = ("x1", "x2"), ("h1", "h2"), ("o1", "o2")


def mazur():
    """The 2-2-2 network with its weights."""
    weights = page.mazur().parameters

    def edge(layer, i, j):
        value = weights[f"dense{layer}.weight"].tolist()[i][j]
        return 1.5, GREY, None, f"w{4 * layer - 3 + 2 * i + j} = {value:.2f}"

    drawing = network("Two inputs, two hidden neurons, two outputs", NAMES, edge)
    drawing.text(310, 275, "biases: 0.35 in the hidden layer, 0.60 in the output layer", GREY)
    drawing.text(310, 38, "inputs 0.05 and 0.10, targets 0.01 and 0.99", GREY)
    return drawing


def gradients():
    """The same network with its gradients: width for size, colour and dash for sign."""
    found = page.mazur().gradients(page.MAZUR_X, page.MAZUR_Y, page.MAZUR_LOSS)
    tables = {layer: found[f"dense{layer}.weight"].tolist() for layer in (1, 2)}

    def edge(layer, i, j):
        g = tables[layer][i][j]
        most = max(abs(value) for row in tables[layer] for value in row)
        return (
            1 + 6 * abs(g) / most,
            BLUE if g > 0 else ORANGE,
            None if g > 0 else "9 5",
            f"{g:+.6f}" if layer == 1 else f"{g:+.4f}",
        )

    drawing = network("The gradient of every weight of the 2-2-2 network", NAMES, edge)
    drawing.text(310, 38, "dL/dw: width for size within a layer", GREY)
    drawing.text(210, 275, "blue, solid: lower it to lower the loss", BLUE)
    drawing.text(465, 275, "orange, dashed: raise it", ORANGE)
    return drawing


SHOWN = 40
"""How many of the steepest weights the picture of the penguins' network draws in colour."""


def penguin():
    """The penguins' network on its worst mistake: on which weights the error hangs."""
    done = cr.train_on_table("penguins", engine="python", progress=False)
    worst, names = done.held_out.worst(), done.net.recipe
    ex = cr.explain(done.net, worst.x, worst.y)
    shares = done.net.predict_proba(worst.x).tolist()[0]
    sizes = (len(names.feature_names), 16, 16, len(names.class_names))
    places = [
        [(230 + 145 * layer, 40 + 340 * (unit + 0.5) / size) for unit in range(size)]
        for layer, size in enumerate(sizes)
    ]
    drawing = Drawing(790, 440, "The slopes of the weights for one mistake of a penguins network")
    for left, right in pairwise(places):
        drawing.web(left, right)
    weights = [weight for weight in ex.weights if ".weight[" in weight.name]
    most = abs(weights[0].slope)
    for weight in weights[SHOWN::-1]:
        layer, i, j = map(int, re.findall(r"\d+", weight.name))
        colour, dash = (BLUE, None) if weight.slope > 0 else (ORANGE, "7 4")
        width = 0.5 + 2.5 * abs(weight.slope) / most
        drawing.line([places[layer - 1][j], places[layer][i]], colour, width, dash)
    for column in places:
        for x, y in column:
            drawing.circle(x, y, 5)
    for (x, y), name, value in zip(
        places[0], names.feature_names, worst.examples.row(0), strict=True
    ):
        drawing.text(x - 12, y + 4, name, INK if value else GREY, "end")
    for (x, y), name, p in zip(places[-1], names.class_names, shares, strict=True):
        drawing.text(x + 12, y + 4, f"{name} {p:.0%}", INK, "start")
    drawing.text(300, 422, "blue: lower it to lower the loss", BLUE)
    drawing.text(545, 422, "orange, dashed: raise it", ORANGE)
    return drawing


def graph():
    """The graph of one neuron, with the gradient of every value."""
    given = {"x": 2.0, "w": -3.0, "b": 6.88}
    x, w, b = (cr.Tensor(value, name=name) for name, value in given.items())
    return cr.draw(cr.tanh(x * w + b)).to_svg()


FIGURES = (neuron, activations, losses, slopes, mazur, gradients, penguin, graph)


def main(folder):
    """Draw every figure into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for figure in FIGURES:
        (folder / f"{figure.__name__}.svg").write_text(str(figure()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else Path(__file__).parent / "img")
