"""A transformer that spells names, from our ops: trained, checked, its worst name explained.

It has the 4,192 weights of Andrej Karpathy's `microgpt` (2026): each letter becomes sixteen
numbers, and its place in the name adds sixteen more; four heads look back at the letters before;
and what they bring together says which letter comes next. Every head keeps its weights under a name
of its own, so that its part in a mistake can be told from that of the others.

`microgpt.py [FILE] [STEPS]` reads a file with a name on every line. `names.txt` holds those that
were given to at least 20 girls or 100 boys in the United States in 1880, as the Social Security
Administration counts them: they are in the public domain.
"""

import sys
from pathlib import Path

import numpy as np

import chainrule as cr

WIDTH, LENGTH, HEADS = 16, 16, 4
LETTERS = ".abcdefghijklmnopqrstuvwxyz"  # a name begins and ends with the full stop
SHAPES = {"letters": (len(LETTERS), WIDTH), "places": (LENGTH, WIDTH)}
for head in range(HEADS):
    SHAPES |= {f"head{head}.{part}": (WIDTH, WIDTH // HEADS) for part in ("query", "key", "value")}
    SHAPES[f"head{head}.out"] = (WIDTH // HEADS, WIDTH)
SHAPES |= {"mlp.in": (WIDTH, 4 * WIDTH), "mlp.out": (4 * WIDTH, WIDTH)}
SHAPES["next"] = (WIDTH, len(LETTERS))
ADAM = cr.Adam(beta1=0.85, beta2=0.99)
NAMES = Path(__file__).with_name("names.txt")


def rms_norm(x):
    """Every row scaled so that the mean of its squares is 1."""
    return x / cr.sqrt(cr.mean(x * x, axis=-1, keepdims=True) + 1e-5)


def attention(p, x, head):
    """What a head brings from the letters up to each: their values, in shares by query · key."""
    query, key, value = (
        cr.matmul(x, p[f"head{head}.{part}"]) for part in ("query", "key", "value")
    )
    alike = cr.matmul(query, cr.matrix_transpose(key)) / (WIDTH // HEADS) ** 0.5
    places = range(x.shape[0])
    seen = [[column <= row for column in places] for row in places]  # no letter sees a later one
    shares = cr.softmax(cr.where(seen, alike, -1e9))
    return cr.matmul(cr.matmul(shares, value), p[f"head{head}.out"])


def scores(p, numbers):
    """After each letter, given by its number, the scores of all letters that may come next."""
    x = rms_norm(cr.take(p["letters"], numbers) + p["places"][: len(numbers)])
    normed = rms_norm(x)
    for head in range(HEADS):
        x = x + attention(p, normed, head)
    x = x + cr.matmul(cr.relu(cr.matmul(rms_norm(x), p["mlp.in"])), p["mlp.out"])
    return cr.matmul(x, p["next"])


def losses_of(name):
    """The loss of each letter of a name, as a function of the weights."""
    numbers = [LETTERS.index(letter) for letter in f".{name}."][: LENGTH + 1]
    due = [[float(n == number) for n in range(len(LETTERS))] for number in numbers[1:]]
    return lambda p: cr.softmax_cross_entropy(scores(p, numbers[:-1]), due)


def loss_of(name, p):
    """The mean over its letters, in nats."""
    return float(cr.mean(losses_of(name)(p)))


def first_weights(seed=0):
    """Small random numbers under the names of the parts."""
    random = np.random.default_rng(seed)
    return {name: random.normal(0, 0.08, shape) for name, shape in SHAPES.items()}


def train_step(p, memory, name, step, learning_rate):
    """One step of Adam on one name: the loss before it, the weights and Adam's memory after it."""
    losses = losses_of(name)
    loss, gradients = cr.value_and_grad(lambda p: cr.mean(losses(p)))(p)
    changed, kept = {}, {}
    for part, w in p.items():
        change, kept[part] = ADAM.update(
            gradients[part], memory[part], w, learning_rate=learning_rate, step=step
        )
        changed[part] = w + change
    return float(loss), changed, kept


def train(p, names, steps):
    """A name a step, with a learning rate that falls to zero."""
    memory, lately = {part: ADAM.init(w) for part, w in p.items()}, []
    for step in range(1, steps + 1):
        rate = 0.01 * (1 - (step - 1) / steps)
        loss, p, memory = train_step(p, memory, names[step % len(names)], step, rate)
        lately.append(loss)
        if step % max(steps // 5, 1) == 0:
            print(f"step {step:>5}  loss {np.mean(lately):.3f}")
            lately.clear()
    return p


def invent(p, random):
    """A name, letter after letter, drawn by what the network calls probable."""
    numbers = [0]
    while len(numbers) < LENGTH and (len(numbers) == 1 or numbers[-1]):
        shares = cr.softmax(scores(p, numbers))[-1]
        numbers.append(int(random.choice(len(LETTERS), p=shares)))
    return "".join(LETTERS[number] for number in numbers[1:]).rstrip(".")


def without(p, part):
    """The same weights, those of one part at zero."""
    return {name: w * 0 if name.split(".")[0] == part else w for name, w in p.items()}


def main(file=NAMES, steps=3000):
    """Nine names in ten are learned; of the others, the worst is explained."""
    names = Path(file).read_text("utf-8").split()
    names = [str(name) for name in np.random.default_rng(0).permutation(names)]
    held_out, learned = names[: len(names) // 10], names[len(names) // 10 :]
    start = first_weights()
    print(f"{len(learned)} names, {sum(w.size for w in start.values()):,} weights")
    p = train(start, learned, int(steps))
    random = np.random.default_rng(0)
    print("invented:", ", ".join(invent(p, random) for _ in range(8)))
    losses = {name: loss_of(name, p) for name in held_out}
    print(f"{len(held_out)} names never seen: loss {np.mean(list(losses.values())):.3f}")

    worst = max(losses, key=losses.get)
    print(
        f"the gradient of {worst}: {str(cr.check_gradients(losses_of(worst), p)).splitlines()[-1]}"
    )
    ex = cr.explain(losses_of(worst), p, reference=start)
    by_letter = zip(f"{worst}.", ex.example_losses, strict=True)
    print(f"worst: {worst}, loss {ex.loss:.3f};", *[f"{ch} {loss:.2f}" for ch, loss in by_letter])
    print("part     loss if cut  given back  blame since the start")
    cuts = {part: loss_of(worst, without(p, part)) for part in ex.blame.by_layer()}
    for part, cut in sorted(cuts.items(), key=lambda each: each[1]):  # what gives most back first
        blame = ex.blame.by_layer()[part]
        print(f"{part:<8} {cut:>11.3f} {ex.loss - cut:>+11.3f} {blame:>+22.3f}")
    print(ex.culprits(top=3))
    return p, ex


if __name__ == "__main__":
    p, ex = main(*sys.argv[1:])
