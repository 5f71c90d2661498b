"""PyTorch's modules as our networks, ours as theirs, and any module's losses explained."""

import pytest

import chainrule as cr

pytest.importorskip("torch", exc_type=ImportError)
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from chainrule.autodiff import primitive
from chainrule.errors import KindError
from chainrule.interop.torch import from_torch, through_torch, to_torch

pytestmark = pytest.mark.extra("numpy", "torch")
THEIRS = {
    "elu": nn.ELU(),
    "gelu": nn.GELU(approximate="tanh"),
    "identity": nn.Identity(),
    "leaky_relu": nn.LeakyReLU(0.01),
    "log_softmax": nn.LogSoftmax(1),
    "relu": nn.ReLU(inplace=True),
    "sigmoid": nn.Sigmoid(),
    "silu": nn.SiLU(),
    "softmax": nn.Softmax(dim=1),
    "softplus": nn.Softplus(),
    "tanh": nn.Tanh(),
}


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 4)), rng.integers(0, 3, size=20)


def gradients_of(module, loss):
    module.zero_grad()
    loss.backward()
    return [parameter.grad.numpy() for parameter in module.parameters()]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-6)])
@pytest.mark.parametrize("name", THEIRS)
def test_outputs_and_gradients_are_pytorchs(name, dtype, tolerance, rows):
    module = nn.Sequential(nn.Linear(4, 5), THEIRS[name], nn.Dropout(0.5), nn.Linear(5, 3))
    module = module.to(getattr(torch, dtype)).eval()
    net = from_torch(module, engine="numpy")
    x = torch.tensor(rows[0], dtype=getattr(torch, dtype))
    assert net.dtype == dtype
    assert net.architecture.input.activation == name
    assert np.abs(net.forward(x.numpy()) - module(x).detach().numpy()).max() < tolerance
    theirs = gradients_of(module, F.cross_entropy(module(x), torch.tensor(rows[1])))
    ours = net.gradients(x.numpy(), rows[1], "cross_entropy").values()
    for own, other in zip(ours, theirs, strict=True):
        assert np.abs(own - other).max() < tolerance


def test_logarithms_of_shares_have_the_loss_that_pytorch_teaches_them_by(rows):
    module = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=-1)).double()
    net, x, y = from_torch(module, engine="numpy"), torch.tensor(rows[0]), torch.tensor(rows[1])
    loss = F.nll_loss(module(x), y)
    ours = net.gradients(*rows).values()
    assert net.loss(*rows) == pytest.approx(loss.item(), rel=1e-13)
    for own, other in zip(ours, gradients_of(module, loss), strict=True):
        assert np.abs(own - other).max() < 1e-13
    assert np.abs(net.predict_proba(rows[0]) - module(x).exp().detach().numpy()).max() < 1e-13
    assert (net.predict(rows[0]) == module(x).argmax(1).numpy()).all()


@pytest.mark.parametrize("name", THEIRS)
def test_there_and_back_is_the_same_network(name, rows):
    net = cr.Network([cr.Dense(4, 5, name), cr.Dropout(0.3), cr.Dense(5, 3)], engine="numpy")
    module = net.to_torch().eval()
    again = from_torch(module, engine="numpy")
    assert again.architecture.to_dict() == net.architecture.to_dict()
    assert (again.flat == net.flat).all()
    there = module(torch.tensor(rows[0])).detach().numpy()
    assert np.abs(there - net.forward(rows[0])).max() < 1e-13


def test_a_module_has_weights_of_its_own():
    net = cr.Network([cr.Dense(2, 1, "tanh")], engine="numpy", seed=1)
    module, before = to_torch(net), net.flat.copy()
    with torch.no_grad():
        module[0].weight.add_(1)
    assert (net.flat == before).all()
    net.fit([[1.0, 2.0]], [[0.5]], epochs=1, validation=None, progress=False)
    assert (module[0].weight.detach().numpy() == before[:2] + 1).all()


def test_a_module_that_calls_its_layers_in_any_way_is_followed(rows):
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Linear(5, 3), nn.Linear(4, 6, bias=False)
            self.middle = nn.Sequential(nn.Linear(6, 5), nn.Tanh())
            self.drop = nn.Dropout(0.2)

        def forward(self, x):
            x = self.middle(F.relu(self.first(torch.flatten(x, 1))))
            return F.softmax(self.last(self.drop(x)), dim=1)

    module = Mixed().double().eval()
    net = cr.from_torch(module)
    assert [layer.kind for layer in net.architecture.layers.values()] == [
        *("dense", "dense", "dropout", "dense")
    ]
    there = module(torch.tensor(rows[0]).reshape(20, 2, 2)).detach().numpy()
    assert np.abs(net.forward(rows[0]) - there).max() < 1e-14
    assert cr.explain(net, *rows, reference="zero").blame.trusted


class Adds(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.one(x)


class Decides(Adds):
    def forward(self, x):
        return x if x.sum() > 0 else self.one(x)


class Views(nn.Module):
    def __init__(self, flat):
        super().__init__()
        self.flat, self.one = flat, nn.Linear(4, 3)

    def forward(self, x):
        return self.one(self.flat(x))


@pytest.mark.parametrize(
    "flat",
    [
        lambda x: x.view(-1, 4),
        lambda x: x.view(x.size(0), -1),
        lambda x: x.reshape(x.shape[0], 4),
        lambda x: x.flatten(1),
    ],
)
def test_rows_may_be_made_flat_in_any_way_at_the_start(flat, rows):
    module = Views(flat).double()
    there = module(torch.tensor(rows[0]).reshape(20, 2, 2)).detach().numpy()
    assert np.abs(from_torch(module).forward(rows[0]) - there).max() < 1e-14


def test_one_layer_is_a_network(rows):
    module = nn.Linear(4, 3).double()
    there = module(torch.tensor(rows[0])).detach().numpy()
    assert np.abs(from_torch(module).forward(rows[0]) - there).max() < 1e-14


def test_what_is_no_module_and_no_network_is_said():
    with pytest.raises(cr.ChainruleError, match=r"becomes a network; found OrderedDict"):
        from_torch(nn.Linear(2, 2).state_dict())
    with pytest.raises(cr.ChainruleError, match="becomes a module; found Linear"):
        to_torch(nn.Linear(2, 2))


def test_losses_that_cannot_be_are_said():
    module, x = nn.Linear(2, 2), torch.randn(3, 2)
    kinds = through_torch(lambda p: functional_call(module, p, (x,)).mean(dim=1))
    with pytest.raises(cr.ChainruleError, match=r"weights come in torch\.float64, so give"):
        cr.explain(kinds, {"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [0.0, 0.0]})
    with pytest.raises(cr.ChainruleError, match="of real numbers; found float"):
        cr.explain(through_torch(lambda p: 3.0), {"w": [1.0]})
    with pytest.raises(cr.ChainruleError, match="losses is 3: it must be a function"):
        through_torch(3)
    with pytest.raises(cr.ChainruleError, match=r"of real numbers; found torch\.complex128"):
        cr.explain(through_torch(lambda p: torch.fft.fft(p["w"])), {"w": np.ones(2)})
    for weights in ({"wieght": [[1.0, 2.0]]}, {"w": [1.0, 2.0], "wieght": [[1.0, 2.0]]}):
        losses = through_torch(lambda p: p["w"] ** 2 if "w" in p else torch.ones(2).double())
        with pytest.raises(cr.ChainruleError, match="do not depend on wieght, so all slopes would"):
            cr.explain(losses, weights)
    with pytest.raises(RuntimeError, match="size mismatch"):
        cr.explain(through_torch(lambda p: x @ p["w"]), {"w": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize(
    "point", [np.ones(2), [1.0, 1.0], torch.ones(2)], ids=["numpy", "list", "torch"]
)
@pytest.mark.parametrize(
    "losses",
    [
        lambda p: (torch.ones(2) * p["w"]).sum(),
        lambda p: p["w"] @ torch.ones(2),
        lambda p: torch.tanh(p["w"]).sum(),
        lambda p: F.mse_loss(p["w"], torch.zeros(2)),
    ],
    ids=["operator", "matmul", "function", "loss"],
)
@pytest.mark.filterwarnings("ignore:__array_wrap__")  # of NumPy to PyTorch
def test_a_function_of_pytorch_that_is_not_wrapped_is_told_how(losses, point):
    for ask in (
        lambda f, p: cr.explain(f, p).weights,
        cr.check_gradients,
        lambda f, p: cr.grad(f)(p),
    ):
        with pytest.raises(cr.ChainruleError, match="through_torch"):
            ask(losses, {"w": point})


def test_a_fault_within_a_function_that_is_wrapped_stays_what_it_is():
    module = nn.Linear(2, 1).double()
    module.register_forward_hook(None)
    with pytest.raises(TypeError, match=r"^'NoneType' object is not callable"):
        cr.grad(through_torch(lambda p: module(p["w"]).sum()))({"w": np.ones((1, 2))})


@pytest.mark.parametrize("engine", ["numpy", "python"])
@pytest.mark.parametrize("x", [torch.ones(3, 2).to_sparse(), torch.ones(3, 2).to("meta")])
def test_a_tensor_without_readable_numbers_is_refused(x, engine):
    net = cr.Network([cr.Dense(2, 1)], engine=engine)
    with pytest.raises(cr.ChainruleError, match="the numbers of a Tensor cannot be read"):
        net.predict(x)


def test_a_module_without_weights_yet_is_refused():
    for module in (nn.Sequential(nn.LazyLinear(2)), nn.Linear(2, 1, device="meta")):
        with pytest.raises(cr.ChainruleError, match="cannot be read"):
            from_torch(module)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Conv2d(1, 2, 3), r"0 is Conv2d.*has Linear, Dropout and .*through_torch"),
        (
            nn.Sequential(nn.Linear(4, 4), nn.GELU()),
            r"1 is GELU.*has GELU\(approximate='tanh'\) in",
        ),
        (nn.Sequential(nn.Linear(4, 4), nn.LeakyReLU(0.2)), r"1 is LeakyReLU.*0\.01"),
        (nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Tanh()), "2 is Tanh.*straight after"),
        (nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)), "1 is BatchNorm1d"),
        (Adds(), "add of Adds does not read.*through_torch"),
        (Decides(), "forward of Decides cannot be followed.*through_torch"),
    ],
)
def test_what_is_not_ours_is_named_with_what_to_do(module, said):
    with pytest.raises(cr.ChainruleError, match=said):
        from_torch(module)


def test_what_changes_the_numbers_of_a_layer_from_outside_is_refused():
    hooked, inside, replaced = (nn.Linear(2, 2) for _ in range(3))
    hooked.register_forward_hook(lambda module, given, a: a * 2)
    inside.register_forward_pre_hook(lambda module, given: None)  # as pruning and old norms have
    replaced.forward = lambda x: x
    whole = nn.Sequential(nn.Linear(2, 2))
    whole.register_forward_hook(lambda module, given, a: a * 2)
    for module, name in (
        *((nn.Sequential(nn.Linear(2, 2), each), "1 is a L") for each in (hooked, inside)),
        (nn.Sequential(replaced), "0 is a Linear with hooks or a forward"),
        (whole, "the module is a Sequential"),
    ):
        with pytest.raises(KindError, match=f"{name}.*through_torch"):
            from_torch(module)


def test_an_activation_that_pytorch_does_not_have_is_named(forgotten):
    @primitive("a = z·|z|", samples=[(-2.0,), (0.5,)])
    def signed_square(xp, z):
        """Grow with the square on both sides."""
        return z * xp.abs(z)

    @signed_square.vjp("z", "da/dz = 2·|z|")
    def signed_square_wrt_z(xp, g, a, z):
        """Steeper the further out."""
        return g * 2 * xp.abs(z)

    net = cr.Network([cr.Dense(2, 2, "signed_square"), cr.Dense(2, 2)])
    with pytest.raises(cr.ChainruleError, match="dense1 has the activation 'signed_square'"):
        net.to_torch()


@pytest.fixture(params=["numpy", "lists"])
def attention(request):
    """A small attention layer, which none of our layers is, its losses, and its weights."""
    module = nn.MultiheadAttention(4, 2, batch_first=True).double()
    x, y = torch.randn(6, 3, 4).double(), torch.randn(6, 3, 4).double()

    @through_torch
    def losses(p):
        a, _ = functional_call(module, p, (x, x, x))
        return ((a - y) ** 2).mean(dim=(1, 2))

    weights = {n: w.detach().numpy() for n, w in module.named_parameters()}
    if request.param == "lists":
        weights = {n: w.tolist() for n, w in weights.items()}
    a, _ = module(x, x, x)
    gradients_of(module, ((a - y) ** 2).mean())
    return module, losses, weights


def test_any_module_is_explained(attention):
    module, losses, weights = attention
    ex = cr.explain(losses, weights, reference="zero")
    for name, parameter in module.named_parameters():
        own = np.asarray(ex.gradients[name].tolist())
        assert np.abs(own - parameter.grad.numpy()).max() < 1e-14
    steepest = ex.weights[0]
    slope = ex.slope(steepest.name)
    assert slope.value == pytest.approx(steepest.slope)
    bend = slope.curvature * slope.nudge**2
    assert slope.up + slope.down == pytest.approx(bend, rel=0.05)
    assert ex.blame.trusted
    assert ex.nudge(steepest.name, by=1e-4).measured == pytest.approx(
        1e-4 * steepest.slope, rel=0.01
    )
    culprit = ex.culprits(top=3)[0]
    assert culprit.recovered == ex.counterfactual(culprit.name).now.loss - culprit.loss_after > 0


def test_its_gradient_is_checked():
    module = nn.Bilinear(2, 1, 1).double()
    x, y = torch.randn(6, 2).double(), torch.randn(6, 1).double()

    def mean_loss(p):
        return (functional_call(module, p, (x, y)) ** 2).mean()

    gradients_of(module, mean_loss(dict(module.named_parameters())))
    weights = {name: w.tolist() for name, w in module.named_parameters()}
    theirs = {name: w.grad.tolist() for name, w in module.named_parameters()}
    assert cr.check_gradients(through_torch(mean_loss), weights).passed
    assert cr.check_gradients(through_torch(mean_loss), weights, gradient=theirs).passed
    theirs["bias"][0] *= 1.001
    wrong = cr.check_gradients(through_torch(mean_loss), weights, gradient=theirs)
    assert not wrong.passed
    assert "bias" in str(wrong.worst)


def test_second_derivatives_come_through():
    third = through_torch(lambda p: p["w"] ** 3)
    hessian = cr.hessian(lambda w: cr.sum(third({"w": w})))([2.0, 3.0])
    assert hessian.tolist() == [[12.0, 0.0], [0.0, 18.0]]


class Cube(torch.autograd.Function):
    """x³, with the derivative that it is given."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ctx.factor * x**2, None


@pytest.mark.parametrize("point", [2.0, [1.0, 2.0], np.ones((2, 2)), torch.ones(3)])
def test_a_backward_pass_written_in_pytorch_is_checked_at_one_array(point):
    def cube(factor):
        return through_torch(lambda x: Cube.apply(x, factor).sum())

    assert cr.check_gradients(cube(3), point).passed
    assert "off by 33.3%" in cr.check_gradients(cube(2), point).worst.sentence
    assert cr.hessian(cube(3))(2.0) == 12.0
    assert cr.grad(through_torch(lambda x: torch.ones(2, dtype=x.dtype).sum()))(2.0) == 0.0


def test_a_backward_pass_that_would_not_be_asked_is_refused():
    with pytest.raises(KindError, match=r"^Cube is an autograd.Function of PyTorch.*through_torch"):
        cr.check_gradients(lambda x: cr.sum(Cube.apply(x, 2)), [1.0, 2.0])
    forward = cr.check_gradients(lambda x: Cube.apply(x, 2), 2.0, gradient=lambda x: 3 * x**2)
    assert forward.passed
