"""Several processes train the network that one process trains, and stop together."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.processes import python
from tests.source_files import PROJECT

pytestmark = pytest.mark.extra("jax")

# A shell lets what it runs in the background ignore SIGINT, which is sent here.
LAUNCH = """
import signal, sys
from chainrule.engines.launcher import launch
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(launch(int(sys.argv[1]), [sys.executable, *sys.argv[2:]]))
"""
# Trains alone or with others; the leading process says what came out.
TRAIN = """
import json, os, sys
import chainrule as cr
from chainrule.arrays.random import Generator
from chainrule.engines.jax import JaxEngine
from chainrule.engines.distributed import join
from chainrule.errors import ChainruleError, ProcessLostError
from chainrule.train import Checkpoint
from chainrule.train import Watcher

class Dies(Watcher):
    def step(self, run, number, loss):
        if run.epoch == 3 and number == 2:
            os._exit(9)

how = json.loads(sys.argv[1])
engine = join() if "JAX_PROCESS_ID" in os.environ else JaxEngine()
index = engine.mesh.index if engine.mesh else 0
draw = Generator(3).random
x = [[4 * u - 2 for u in draw(4)] for _ in range(61)]
x = x[::-1] if how.get("apart") == "rows" and index else x
y = [int(a[0] * a[1] > 0) + int(a[2] > 1) for a in x]
layers = [cr.Dense(4, 8, "tanh"), cr.Dropout(0.2), cr.Dense(8, 3, "softmax")]
net = cr.Network(layers, seed=1, engine=engine, dtype=how.get("dtype"))
try:
    history = net.fit(
        x, y, epochs=how.get("epochs", 6), batch_size=how["batch_size"], l2=0.001,
        clip_norm=1.0, validation=0.2,
        watchers=[Dies()] if how.get("dies") == index else [], progress=False,
        checkpoint=Checkpoint(how["checkpoint"], resume=True) if "checkpoint" in how else None,
        learning_rate=0.01 if how.get("apart") == "rate" and index else None,
    )
except ChainruleError as error:
    print(error, file=sys.stderr, flush=True)
    os._exit(3 if isinstance(error, ProcessLostError) else 2)
if engine.leads:
    columns = history.columns()
    measured = [columns[name] for name in ("loss", "metric", "validation_loss")]
    print(json.dumps([*measured, [w.tolist() for w in net.parameters.values()]]))
"""

# Looks on while it trains, and explains what came out.
LOOK_ON = """
import json, os
import chainrule as cr
from chainrule.arrays.random import Generator
from chainrule.engines.jax import JaxEngine
from chainrule.engines.distributed import join

engine = join() if "JAX_PROCESS_ID" in os.environ else JaxEngine()
draw = Generator(3).random
x = [draw(3) for _ in range(25)]
y = [int(a[0] > a[1]) for a in x]
net = cr.Network([cr.Dense(3, 4, "tanh"), cr.Dense(4, 2, "softmax")], seed=1, engine=engine)
probe = cr.UpdateProbe("dense1.weight[0,1]", "dense2.bias[1]")
history = net.fit(
    x, y, epochs=4, batch_size=8, l2=0.01, validation=0.2, ledger=True, watchers=[probe],
    progress=False,
)
if engine.leads:
    ledger = history.ledger
    shares = [ledger.explained, ledger.residual, *ledger.by_layer().values()]
    shares += [ledger.held_out.explained, *(step.measured for step in ledger.steps)]
    updates = [[u.step, u.before, u.after, u.gradient, u.momentum] for u in probe.updates]
    blame = cr.explain(net, x, y).blame
    alone = engine.compile(lambda x: x + 1)(engine.asarray([1.0]))
    found = [blame.measured, *blame.by_layer().values(), len(alone.devices())]
    print(json.dumps([shares, updates, found]))
"""

# Trains where each device has room for 13 rows of the batch, and for one row less.
MEMORY = """
import chainrule as cr
from chainrule.engines.distributed import join
from chainrule.engines.jax import JaxEngine
from chainrule.errors import OptionError
from chainrule.nn import Architecture
from chainrule.train.memory import step_bytes

engine, layer = join(), cr.Dense(3, 4)
sizes = {"number_bytes": 8, "weight_bytes": 8, "memories": 0}
said = [engine.devices]
for rows in (13, 12):
    JaxEngine.memory = sum(step_bytes(Architecture([layer]), rows, **sizes))
    try:
        cr.Network([layer], engine=engine).fit(
            [[1.0, 2.0, 3.0]] * 49, [[1.0] * 4] * 49, batch_size=49, epochs=1, optimizer="sgd",
            validation=None, progress=False,
        )
        said.append("fits")
    except OptionError:
        said.append("refused")
if engine.leads:
    print(*said)
"""

# Counts the exchanges between processes in one compiled step.
EXCHANGES = """
import re, jax
from chainrule.engines.distributed import join
from chainrule.nn import LOSSES, Architecture, Dense
from chainrule.train import Adam
from chainrule.train.step import initial_state, training_step

engine, rule = join(), Adam()
architecture = Architecture([Dense(4, 8, "relu"), Dense(8, 8, "relu"), Dense(8, 3)])
step = training_step(architecture, LOSSES["cross_entropy"], rule)
flat = engine.asarray([0.5] * architecture.layout.size)
state = engine.distribute(initial_state(rule, flat), architecture.layout)
table = {"x": engine.asarray([[0.5] * 4] * 6), "t": engine.asarray([[1.0, 0.0, 0.0]] * 6)}
batch = engine.place({**table, "learning_rate": 0.1})
with engine.scope():
    compiled = jax.jit(step, out_shardings=engine.mesh.alike).lower(state, batch)
if engine.leads:
    print(len(re.findall(r"all-reduce\\(", compiled.compile().as_text())))
"""


def run(processes, tmp_path, *, script=TRAIN, devices=1, **how):
    """Train on so many processes, and wait for them no longer than a few minutes."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    program = tmp_path / "program.py"
    program.write_text(script)
    start = ["-c", LAUNCH, str(processes)] if processes > 1 else []
    environment = {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(PROJECT), "XLA_FLAGS": flags}
    return python(*start, str(program), json.dumps(how), env={"PATH": "", **environment})


def outcome(processes, tmp_path, **how):
    done = run(processes, tmp_path, **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(nested):
    return [x for part in nested for x in numbers(part)] if isinstance(nested, list) else [nested]


def furthest(found, expected):
    pairs = zip(numbers(found), numbers(expected), strict=True)
    return max(abs(one - other) for one, other in pairs)


@pytest.mark.parametrize(
    ("dtype", "batch_size", "tolerance"),
    # Of 49 rows, batches of 16 leave one over, and those of 15 do not divide by two.
    [("float64", 15, 1e-12), ("float32", 16, 1e-5)],
)
def test_two_processes_train_what_one_trains(tmp_path, dtype, batch_size, tolerance):
    how = {"dtype": dtype, "batch_size": batch_size}
    assert furthest(outcome(2, tmp_path, **how), outcome(1, tmp_path, **how)) < tolerance


def test_three_processes_do_too(tmp_path):
    how = {"batch_size": 16, "epochs": 2}
    assert furthest(outcome(3, tmp_path, **how), outcome(1, tmp_path, **how)) < 1e-12


def test_a_process_may_have_several_devices(tmp_path):
    """Two with two each; batches of 15 leave one device a row short."""
    how = {"batch_size": 15, "epochs": 2}
    whole = outcome(1, tmp_path, **how)
    assert furthest(outcome(2, tmp_path, devices=2, **how), whole) < 1e-12


def test_a_batch_is_refused_by_what_each_device_has_to_hold(tmp_path):
    """Of 49 rows, two times two devices hold 13 each, where one would hold 25 of two."""
    done = run(2, tmp_path, script=MEMORY, devices=2)
    assert done.stdout.split() == ["4", "fits", "refused"]


def test_a_checkpoint_resumes_on_another_number_of_processes(tmp_path):
    path = str(tmp_path / "run.safetensors")
    whole = outcome(1, tmp_path, batch_size=16)
    outcome(2, tmp_path, batch_size=16, epochs=3, checkpoint=path)
    outcome(1, tmp_path, batch_size=16, epochs=4, checkpoint=path)
    assert furthest(outcome(2, tmp_path, batch_size=16, checkpoint=path), whole) < 1e-12


def test_ledger_updates_and_blame_are_those_of_one_process(tmp_path):
    found, expected = (outcome(count, tmp_path, script=LOOK_ON) for count in (2, 1))
    assert len(found[1]) == 2 * 4 * 3
    assert abs(sum(numbers(found[0]))) > 0.01
    assert furthest(found, expected) < 1e-12


@pytest.mark.parametrize("dies", [0, 1])
def test_when_one_dies_all_stop_and_the_checkpoint_is_whole(tmp_path, dies):
    path = tmp_path / "run.safetensors"
    stopped = run(2, tmp_path, batch_size=16, dies=dies, checkpoint=str(path))
    assert stopped.returncode not in (0, 2)
    assert stopped.stdout == ""
    assert f"process {dies} of 2 ended with status 9" in stopped.stderr
    whole = outcome(1, tmp_path, batch_size=16)
    assert furthest(outcome(1, tmp_path, batch_size=16, checkpoint=str(path)), whole) < 1e-12


# Tells the test who trains, and goes on for ever.
FOR_EVER = """
import os, sys, time
from chainrule.engines.distributed import join

engine = join()
print(os.getpid(), flush=True)
time.sleep(600)
"""


def started(tmp_path):
    """A launcher, and the numbers of the two processes that it has started."""
    program = tmp_path / "program.py"
    program.write_text(FOR_EVER)
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, "2", str(program)],
        env={"PATH": "", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    numbers = [int(launcher.stdout.readline()) for _ in range(2)]
    assert len(set(numbers)) == 2
    return launcher, numbers


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_those_that_were_started_end_with_the_one_that_started_them(tmp_path, how):
    launcher, _ = started(tmp_path)
    launcher.send_signal(how)
    # Output ends when none of those is left who could write to it.
    assert launcher.communicate(timeout=60) == ("", None)


def test_one_that_is_told_to_end_ends_and_so_do_the_others(tmp_path):
    launcher, numbers = started(tmp_path)
    os.kill(numbers[1], signal.SIGTERM)
    assert launcher.communicate(timeout=60) == ("", None)
    assert launcher.returncode not in (0, 2)


# Stands for a process that joins: the second word says how it ends, the first how all others do.
ENDS = """
import os, signal, sys
mine = sys.argv[1 + (os.environ["JAX_PROCESS_ID"] == "1")]
print("said by", os.environ["JAX_PROCESS_ID"], file=sys.stderr, flush=True)
if mine == "never":
    signal.pause()
if mine.startswith("-"):
    os.kill(os.getpid(), int(mine[1:]))
os._exit(int(mine))
"""


@pytest.mark.parametrize(
    ("ends", "status", "said"),
    [
        (("0", "0"), 0, ["said by 0"]),
        (("2", "2"), 2, ["said by 0"]),
        (("3", "2"), 2, ["said by 0", "said by 1"]),
        (("2", "3"), 2, ["said by 0"]),
        (("3", "-9"), 1, ["said by 0", "said by 1", "process 1 of 2 was ended by SIGKILL"]),
        (("-9", "-6"), 1, ["said by 0", "process 0 of 2 was ended by SIGKILL"]),
        (("3", "77"), 1, ["said by 0", "said by 1", "process 1 of 2 ended with status 77"]),
        (("never", "77"), 1, ["said by 0", "said by 1", "process 1 of 2 ended with status 77"]),
    ],
)
def test_only_the_one_that_ended_the_others_is_heard(tmp_path, ends, status, said):
    program = tmp_path / "program.py"
    program.write_text(ENDS)
    environment = {"PATH": "", "PYTHONPATH": str(PROJECT)}
    done = python("-c", LAUNCH, "2", str(program), *ends, env=environment)
    assert done.returncode == status
    heard = [line for line in done.stderr.splitlines() if "said by" in line or "process " in line]
    assert len(heard) == len(said)
    assert all(part in line for part, line in zip(said, heard, strict=True))


@pytest.mark.parametrize(
    ("apart", "what"), [("rate", "learning_rate"), ("rows", "digest of the data")]
)
def test_processes_with_other_options_or_data_are_refused(tmp_path, apart, what):
    done = run(2, tmp_path, batch_size=16, apart=apart)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"given different runs: the {what} of process 0 is" in done.stderr


def test_all_gradients_are_exchanged_at_once(tmp_path):
    assert run(2, tmp_path, script=EXCHANGES).stdout.strip() == "1"
