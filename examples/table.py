"""A table of your own: read, learned, and the worst of its mistakes taken apart.

    python examples/table.py your-table.csv its-target-column

Without a file it takes the penguins that come along. Every row is an example; the target is the
column to predict. A recipe turns words, numbers and gaps into inputs, and stays with the network:
`done.net.save("model.safetensors")` keeps both, and `cr.load` brings them back.
"""

import sys

import chainrule as cr

data, target = [*sys.argv[1:], None, None][:2]
done = cr.train_on_table(data or "penguins", target, progress=False)
print("\n".join(done.sentences))

learned, held_out = done.scores()
print(f"loss on {len(done.train)} rows it learned from: {learned.loss:.4f}")
print(f"loss on {len(done.held_out)} rows held out: {held_out.loss:.4f}")

worst = done.held_out.worst()
print("worst:", worst.describe())

ex = cr.explain(done.net, worst)
print(ex.answer)
print(ex)
print(ex.receipt(ex.weights[0].name))
