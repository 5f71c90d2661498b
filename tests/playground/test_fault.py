"""The game of a hidden weight, against networks that are run anew."""

import chainrule as cr
from chainrule.model.rows import rows_for
from chainrule.playground.fault import Game


def test_cutting_names_the_weights_without_which_the_loss_is_lowest():
    net = cr.train_on_table("moons", layers=[3], epochs=1, engine="python", progress=False).net
    rows, game, losses = rows_for(net), Game(), {}
    game.hide(game.plant(rows, seed=0), lambda: None)
    named = game.guess(rows, "dense1.bias[0]")["methods"]["cut"]
    for weight in cr.explain(net, rows).weights:
        name, _, index = weight.name.rstrip("]").partition("[")
        before = net.parameters[name].tolist()
        cut = net.parameters[name].tolist()
        *outer, place = map(int, index.split(","))
        (cut[outer[0]] if outer else cut)[place] = 0.0
        net.set_parameters({name: cut})
        losses[weight.name] = cr.explain(net, rows).loss
        net.set_parameters({name: before})
    assert named == sorted(losses, key=losses.get)[:5]
