"""Layers, losses and initial weights: pure functions and their descriptions.

Nothing here but a `Study` holds a trained number. An `Architecture` says which layers follow one
another and which arrays they need; the functions take those arrays and an input and give the
output. What keeps the arrays is the model; what changes them is training.
"""

# mypy: implicit-reexport

from chainrule.nn.architecture import Architecture
from chainrule.nn.layers import ACTIVATIONS, Dense, Dropout, Layer, layer_from_dict, named
from chainrule.nn.layout import (
    Layout,
    ReadOnly,
    as_rows,
    entries,
    entry_name,
    find_weight,
    place_of,
    row_sums,
    sums_by_layer,
    sums_by_neuron,
    weight_name,
)
from chainrule.nn.losses import (
    LOSSES,
    Loss,
    choose_loss,
    differentiate,
    encode_targets,
    example_losses,
    is_multi_label,
    loss_and_gradient,
    mean_loss,
    named_classes,
    objective,
    penalty,
)
from chainrule.nn.per_example import (
    network_per_example_gradients,
    per_example_along,
    per_example_entry,
    per_example_gradients,
    per_example_norms,
)
from chainrule.nn.replay import NUMBERS_AT_A_TIME, Place, Replay
from chainrule.nn.standing import Change, Standing, changed
from chainrule.nn.study import (
    LARGE_INPUT,
    FunctionStudy,
    LayerUse,
    NetworkStudy,
    Study,
    large_inputs,
    named_arrays,
    with_entry,
)
