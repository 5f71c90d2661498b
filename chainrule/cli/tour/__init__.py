"""`chainrule tour`: the ideas, one neuron at a time, with the reader's own numbers.

Each step is a function that asks the package for its numbers and puts sentences around them. Two
examples carry the whole story: one neuron, and the network of two layers with which M. Mazur
explains backpropagation.
"""

# mypy: implicit-reexport

from chainrule.cli.tour.command import STEPS, tour
from chainrule.cli.tour.page import TourNumbers
