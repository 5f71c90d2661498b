"""A run that is taken in slices, and taken back, is the run that was taken at once: bit for bit."""

import signal
from threading import Thread

import pytest

import chainrule as cr
from chainrule.errors import NotANumberError, OptionError
from chainrule.train import EarlyStopping, Watcher
from tests.marked_engines import ENGINES

X = [[row / 20 - 1, (row % 7) / 3 - 1] for row in range(41)]
Y = [int(a * b > 0) for a, b in X]
# 33 rows to learn from, 8 at a time: five steps an epoch, the last of a single row.
OPTIONS = {"epochs": 6, "batch_size": 8, "validation": 0.2, "clip_norm": 1.0, "schedule": "cosine"}


def network(engine):
    layers = [cr.Dense(2, 6, "tanh"), cr.Dropout(0.25), cr.Dense(6, 1, "sigmoid")]
    return cr.Network(layers, seed=3, engine=engine)


def sliced(engine, **options):
    net = network(engine)
    return net, net.training(X, Y, **{**OPTIONS, **options})


def fitted(engine, **options):
    net = network(engine)
    net.fit(X, Y, progress=False, **{**OPTIONS, **options})
    return net


def weights(net):
    return net.flat.tolist()


def measured(net):
    columns = net.history.columns()
    names = ("step", "loss", "metric", "validation_loss", "learning_rate", "gradient_norm")
    return [columns[name] for name in names], net.history.stopped


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("sizes", [[1] * 40, [5] * 7, [7, 1, 30]], ids=str)
def test_slices_of_any_size_give_the_run_at_once(engine, sizes):
    net, run = sliced(engine)
    for size in sizes:
        run.step(size)
    whole = fitted(engine)
    assert run.finished
    assert weights(net) == weights(whole)
    assert measured(net) == measured(whole)
    assert net.fits == whole.fits == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("at", [0, 4, 5, 12])
def test_steps_from_a_snapshot_give_the_same_bits_every_time(engine, at):
    net, run = sliced(engine)
    if at:
        run.step(at)
    then, weights_then, history_then = run.snapshot(), weights(net), len(run.history)
    ends = []
    for size in (2, 40):
        run.rewind(then)
        assert weights(net) == weights_then
        assert len(net.history or ()) == len(run.history) == history_then
        run.step(size)
        run.run()
        ends.append((weights(net), measured(net)))
    whole = fitted(engine)
    assert ends == [(weights(whole), measured(whole))] * 2


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stopping_is_taken_back_with_the_rest(engine):
    options = {"early_stopping": EarlyStopping(2), "learning_rate": 1.0, "epochs": 40}
    whole = fitted(engine, **options)
    net, run = sliced(engine, **options)
    run.step(13)
    then = run.snapshot()
    run.run()
    assert "Stopped early" in net.history.stopped
    assert run.step(5) == run.loss  # there are none left to take
    first = weights(net)
    run.rewind(then)
    assert not run.finished
    run.run()
    assert weights(net) == first == weights(whole)
    assert measured(net) == measured(whole)


def test_a_step_returns_the_loss_of_its_batch_before_it():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    run = net.training([[1.0]], [[1.0]], optimizer="sgd", learning_rate=0.125, epochs=9)
    assert run.loss is None
    # Both gradients are -2(1 - a), so that each step takes half of what is missing.
    assert [run.step() for _ in range(3)] == [1.0, 0.25, 0.0625]
    assert run.step(2) == 0.25**4
    assert net.loss([[1.0]], [[1.0]]) == 0.25**5


def test_between_slices_the_network_has_the_weights_and_is_not_trained_to_the_end():
    net, run = sliced("python")
    before = weights(net)
    run.step()
    assert weights(net) == run.parameters.tolist() != before
    assert (net.fits, net.history) == (0, None)
    run.step(4)
    assert len(net.history) == 1
    assert net.fits == 0


def test_a_run_goes_on_after_ctrl_c_where_it_was():
    class Press(Watcher):
        def step(self, run, number, loss):
            if (run.epoch, number) == (1, 2):
                signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        net, run = sliced("python", watchers=[Press()])
        with pytest.raises(KeyboardInterrupt):
            run.run()
    finally:
        signal.signal(signal.SIGINT, before)
    assert run.steps_in_epoch == 2
    run.step(3)
    run.run()
    whole = fitted("python")
    assert weights(net) == weights(whole)
    assert measured(net) == measured(whole)


def test_a_run_may_go_on_in_another_thread():
    net, run = sliced("python")
    run.step(7)
    raised = []

    def rest():
        try:
            run.run()
        except Exception as error:  # noqa: BLE001 - a thread tells nobody
            raised.append(error)

    thread = Thread(target=rest)
    thread.start()
    thread.join()
    assert not raised
    assert weights(net) == weights(fitted("python"))


def test_after_a_loss_that_is_not_finite_a_run_can_be_taken_back():
    net = network("python")
    run = net.training(X, [[1e300 * row] for row in range(41)], loss="mean_squared_error")
    then, start = run.snapshot(), weights(net)
    assert run.best is None  # without early stopping nobody asks for the best weights
    with pytest.raises(NotANumberError, match="training stopped at step 1"):
        run.step(3)
    assert run.steps_in_epoch == 0
    assert weights(net) == start
    run.rewind(then)
    assert weights(net) == start


def test_a_run_with_a_ledger_is_not_taken_back():
    _, run = sliced("python", ledger=True)
    then = run.snapshot()
    run.step(2)
    with pytest.raises(OptionError, match="follow every step, so a run that has them cannot"):
        run.rewind(then)


def test_a_snapshot_shares_the_epochs_so_far_and_keeps_its_own_list_of_them():
    _, run = sliced("python")
    run.step(10)
    then = run.snapshot()
    run.step(5)
    assert [len(then.history), len(run.history)] == [2, 3]
    assert all(kept is epoch for kept, epoch in zip(then.history, run.history, strict=False))


def test_a_snapshot_of_another_run_is_refused():
    _, one = sliced("python")
    _, other = sliced("python")
    with pytest.raises(OptionError, match="the snapshot is of another run"):
        one.rewind(other.snapshot())
    with pytest.raises(OptionError, match="the snapshot is of another run"):
        one.rewind(None)


@pytest.mark.parametrize("count", [0, -1, 1.5, "2"])
def test_only_a_whole_number_of_steps_can_be_taken(count):
    _, run = sliced("python")
    with pytest.raises(OptionError, match="count is"):
        run.step(count)


def test_an_option_that_there_is_not_is_named():
    with pytest.raises(OptionError, match="no training option is called 'epoch'; did you mean"):
        network("python").training(X, Y, epoch=3)
    with pytest.raises(OptionError, match="no training option is called 'lr'"):
        network("python").fit(X, Y, lr=3)
