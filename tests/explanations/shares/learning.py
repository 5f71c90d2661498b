"""A network that learns classes, and the ledger of it."""

import chainrule as cr


def network(x, y, activation="tanh", hidden=6, *, engine="python", dropout=0, seed=1):
    middle = [cr.Dropout(dropout)] if dropout else []
    first = cr.Dense(len(x[0]), hidden, activation)
    last = cr.Dense(hidden, max(y) + 1, "softmax")
    return cr.Network([first, *middle, last], seed=seed, engine=engine)


def learn(net, x, y, **options):
    """The ledger of a short run on all rows."""
    settings = {"epochs": 3, "validation": None, "ledger": True, "progress": False}
    return net.fit(x, y, **{**settings, **options}).ledger
