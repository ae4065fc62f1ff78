"""Assignment 15 · A module of named parts"""

import numpy as np
import torch
from torch import nn

from autograder import Task, assert_close, assert_gradient, example, given, models, parts, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/15_layer_naming_with_custom_module.py"

gaussian_head = Task(
    "15.1",
    "GaussianHead",
    points=4,
    minutes=15,
    hints=(
        "Which attributes does a module put on its list, and what is a part called there?",
        "super().__init__() first; then each part is an attribute of its own: backbone, mean, scale. forward asks the "
        "backbone once and both parts after it, and takes the column out of each (n, 1).",
        "self.mean = nn.Linear(hidden, 1), and so on; in forward features = self.backbone(x); the mean is "
        "self.mean(features)[:, 0], and the scale goes through nn.functional.softplus as well.",
    ),
    see=f"Parts that are attributes, in {LESSON}",
)


@probe
def look_at_parts(student, x, hidden):
    """What the object is, which parts it knows, their shapes, and the parameters that get no gradient."""
    model = student.GaussianHead(x.shape[1], hidden)
    if not isinstance(model, torch.nn.Module):
        return {"is an nn.Module": False}
    children = dict(model.double().eval().named_children())
    wanted = ("backbone", "mean", "scale")
    heads = {name: child for name, child in children.items() if name in ("mean", "scale")}
    seen = {
        "is an nn.Module": True,
        "has parameters": any(True for _ in model.parameters()),
        "children": [name for name in wanted if name in children],
        "shapes": {f"{name}.{key}": tuple(t.shape) for name in heads for key, t in heads[name].named_parameters()},
    }
    if len(seen["children"]) < 3:
        return seen
    features = children["backbone"](x)
    seen["features"] = tuple(features.shape)
    output = model(x)
    if isinstance(output, (tuple, list)) and all(isinstance(t, torch.Tensor) and t.requires_grad for t in output):
        sum(part.sum() for part in output).backward()
    seen["without a gradient"] = [name for name, p in model.named_parameters() if p.grad is None]
    seen["backbone parameters"] = any(True for _ in children["backbone"].parameters())
    return seen


@probe
def run_head(student, x, features, weights, v, u):
    """The two outputs for these features and weights, and the gradients of Σ vᵢ meanᵢ + uᵢ scaleᵢ, where there are any.

    The backbone's output is replaced by `features`, so that any backbone will do. A second model gets other numbers.
    """
    model, other = (student.GaussianHead(x.shape[1], features.shape[1]).double().eval() for _ in range(2))
    for one, shift in ((model, 0.0), (other, 3.0)):
        for name, value in weights.items():
            one.get_parameter(name).data.copy_(value + shift)
    leaf = features.clone().requires_grad_()
    model.backbone.register_forward_hook(lambda module, given, output: leaf)
    output = model(x)
    two = isinstance(output, (tuple, list)) and len(output) == 2 and all(isinstance(t, torch.Tensor) for t in output)
    seen = {"output": [t.detach().clone() for t in output] if two else output, "gradients": {}}
    if two and all(t.requires_grad and t.shape == v.shape for t in output):
        mean, scale = output
        (mean * v + scale * u).sum().backward()
        seen["gradients"] = {name: model.get_parameter(name).grad for name in weights} | {"features": leaf.grad}
    return seen


NAMES = ("mean.weight", "mean.bias", "scale.weight", "scale.bias")


def heads(*, n=(1, 4), **options):
    """Cases with the arguments of run_head; the features have `h` numbers a row."""
    shapes = {"x": "n i", "features": "n h", "mean_weight": "1 h", "mean_bias": "1", "scale_weight": "1 h"}
    fields = {name: st.field(dims, as_tensor=True, **options) for name, dims in shapes.items()}
    fields |= {name: st.field("n", as_tensor=True, nonzero=True) for name in "vu"}
    fields["scale_bias"] = st.field("1", as_tensor=True, **options)
    return st.cases(sizes={"n": n, "i": (1, 3), "h": (1, 3)}, **fields)


def head_case(mean=(1.0, 0.0), scale=(1.0, 0.0), features=((1.0,), (-2.0,))):
    """A case of one feature: weight and bias of either part."""
    features = torch.tensor(features, dtype=torch.float64)
    numbers = {"mean_weight": [mean[:1]], "mean_bias": mean[1:], "scale_weight": [scale[:1]], "scale_bias": scale[1:]}
    values = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
    ones = torch.ones(len(features), dtype=torch.float64)
    return st.Case(x=features.clone(), features=features, v=ones, u=2 * ones, **values)


def seen_of(student, case):
    weights = {name: getattr(case, name.replace(".", "_")) for name in NAMES}
    return student.run(run_head, case.x, case.features, weights, case.v, case.u)


@gaussian_head.test(examples=6)
@given(st.integers(1, 3), st.integers(1, 4))
@example(2, 3)
def test_has_three_named_parts(student, inputs, hidden):
    """it is an nn.Module with the parts backbone, mean and scale, all of which get gradients"""
    x = torch.linspace(-1, 1, 2 * inputs, dtype=torch.float64).reshape(2, inputs)
    seen = student.run(look_at_parts, x, hidden)
    assert_close(seen["is an nn.Module"], True, name="whether the object is an nn.Module")
    assert_close(seen["has parameters"], True, name="whether the module knows any parameters")
    found = ", ".join(seen["children"]) or "none of them"
    assert_close(found, "backbone, mean, scale", name="the list of its parts")
    shapes = {name: (1, hidden) if name.endswith("weight") else (1,) for name in NAMES}
    assert_close(seen["shapes"], shapes, name="the shapes of the parts' parameters")
    assert_close(seen["features"], (2, hidden), name="the shape of the backbone's output")
    assert_close(seen["backbone parameters"], True, name="whether the backbone has parameters")
    assert_close(seen["without a gradient"], [], name="the parameters that backward does not reach")


@gaussian_head.test(examples=25)
@given(heads(inexact=True))
@example(head_case())
@example(head_case(features=((1.0,),)))
@example(head_case(mean=(-1.0, 0.5), scale=(-2.0, 0.0)))
@example(head_case(scale=(1000.0, 0.0), features=((1.0,), (2.0,))))
def test_gives_mean_and_scale(student, case):
    """two tensors (n,): the mean, and the softplus of the scale, finite however large that is"""
    mean, scale = parts(seen_of(student, case)["output"], "mean", "scale")
    flat = case.features @ case.scale_weight[0] + case.scale_bias
    expected = [case.features @ case.mean_weight[0] + case.mean_bias, torch.logaddexp(flat, torch.zeros_like(flat))]
    assert_close(mean, expected[0], name="the mean")
    assert_close(scale, expected[1], name="the scale")


@gaussian_head.test(examples=20)
@given(heads(inexact=True))
@example(head_case())
def test_sends_gradients_to_all_parts(student, case):
    """backward from both outputs reaches mean, scale and what the backbone gave"""
    seen = seen_of(student, case)
    leaves = {name: getattr(case, name.replace(".", "_")).clone().requires_grad_() for name in NAMES}
    leaves["features"] = case.features.clone().requires_grad_()
    mean = leaves["features"] @ leaves["mean.weight"][0] + leaves["mean.bias"]
    flat = leaves["features"] @ leaves["scale.weight"][0] + leaves["scale.bias"]
    ((mean * case.v).sum() + (torch.log1p(flat.exp()) * case.u).sum()).backward()
    right = {name: leaf.grad for name, leaf in leaves.items()}
    assert_close(seen["gradients"], right, name="gradients")


def slip_of_head(name, hint, *, make=None, mean=None, scale=None, output=None, between=None, detached_scale=False):
    """Declare GaussianHead with other parts, or another forward, as a mistake."""

    class Head(nn.Module):
        def __init__(self, inputs, hidden):
            super().__init__()
            backbone, first, second = nn.Linear(inputs, hidden), nn.Linear(hidden, 1), nn.Linear(hidden, 1)
            if make is not None:
                make(self, backbone, first, second)
            else:
                self.backbone, self.mean, self.scale = backbone, first, second

        def forward(self, x):
            features = self.backbone(x)
            features = features if between is None else between(features)
            m, s = self.mean(features), self.scale(features.detach() if detached_scale else features)
            m, s = m[:, 0], s[:, 0]
            m = m if mean is None else mean(m, s)
            s = nn.functional.softplus(s) if scale is None else scale(s)
            return (m, s) if output is None else output(m, s)

    gaussian_head.misconception(name, hint=hint, GaussianHead=Head)


def in_plain_dict(self, backbone, mean, scale):
    self.parts = {"backbone": backbone, "mean": mean, "scale": scale}


def in_module_dict(self, backbone, mean, scale):
    self.parts = nn.ModuleDict({"backbone": backbone, "mean": mean, "scale": scale})


def backbone_in_list(self, backbone, mean, scale):
    self.backbone, self.mean, self.scale = [backbone, nn.Tanh()], mean, scale


def one_for_both(self, backbone, mean, scale):
    self.backbone = backbone
    self.mean = self.scale = mean


def heads_in_list(self, backbone, mean, scale):
    self.backbone, self.heads = backbone, [mean, scale]


slip_of_head(
    "the parts stand in a plain list or dict",
    "a module does not look into those: give each part an attribute of its own",
    make=in_plain_dict,
)
slip_of_head(
    "the backbone is a plain list of layers",
    "a list of modules is no module: nn.Sequential holds the layers, and registers them",
    make=backbone_in_list,
)
slip_of_head(
    "the two heads stand in a list or dict, not under their own names",
    "self.mean and self.scale are attributes of their own; their names are the prefixes in state_dict",
    make=heads_in_list,
)
slip_of_head(
    "mean and scale are one layer", "two numbers are asked for, so each has a layer of its own",
    make=one_for_both,
)  # fmt: skip
slip_of_head(
    "the scale can be negative", "a standard deviation is positive: softplus of what the part gives", scale=lambda s: s
)
slip_of_head("the scale is bent by exp, not by softplus", "softplus(a) is log(1 + eᵃ)", scale=torch.exp)
slip_of_head(
    "softplus is written out, and overflows",
    "eᵃ is infinite for a = 1000; nn.functional.softplus keeps away from that",
    scale=lambda s: torch.log(1 + torch.exp(s)),
)
slip_of_head(
    "the outputs are columns", "(n, 1) against targets (n,) broadcasts to (n, n): take the column out, [:, 0]",
    output=lambda m, s: (m[:, None], s[:, None]),
)  # fmt: skip
slip_of_head(
    "a single row loses its axis", "squeeze() takes every axis of length 1; squeeze(1) or [:, 0] takes the column only",
    output=lambda m, s: (m.squeeze(), s.squeeze()),
)  # fmt: skip
slip_of_head("the two outputs are swapped", "the order is (mean, scale)", output=lambda m, s: (s, m))
slip_of_head(
    "the mean is bent too", "a mean may be negative: softplus is for the scale alone",
    mean=lambda m, s: nn.functional.softplus(m),
)  # fmt: skip
slip_of_head(
    "an activation stands between the backbone and its heads",
    "what the backbone gives goes to both parts as it is; an activation belongs into the backbone",
    between=torch.tanh,
)
slip_of_head(
    "a relu stands between the backbone and its heads",
    "what the backbone gives goes to both parts as it is; an activation belongs into the backbone",
    between=torch.relu,
)
slip_of_head(
    "the scale does not reach the backbone", "no detach: both outputs send their gradient to the backbone",
    detached_scale=True,
)  # fmt: skip
slip_of_head(
    "the outputs have lost their graph", "compute with the parts themselves: no detach, no .data, no no_grad",
    output=lambda m, s: (m.detach(), s.detach()),
)  # fmt: skip
slip_of_head(
    "the parts are one level too deep", "their keys begin with mean., not with the name of a container",
    make=in_module_dict,
)  # fmt: skip

gaussian_nll_gradients = Task(
    "15.2",
    "gaussian_nll_gradients",
    points=3,
    by_hand=True,
    minutes=15,
    hints=(
        "Write 1/(2 s²) as s⁻²/2. What is its derivative? And what does (y − m)² become if you differentiate it for m?",
        "For one i: −(y − m)/s² for the mean; 1/s − (y − m)²/s³ for the scale. The loss is a mean of n such terms, "
        "and each m and s stands in one of them only.",
        "misses = y - mean; d_mean is -misses / scale**2 and d_scale has a term from the log and one from the square; "
        "both are divided by len(y).",
    ),
    see=f"A model that says how sure it is, in {LESSON}",
)


@st.composite
def batches(draw, n=(1, 4), **options):
    """Cases of mean, scale and y, each (n,); the scale is 1/4 or more."""
    case = draw(st.cases(sizes={"n": n}, mean="n", y="n", scale=st.field("n", positive=True, **options)))
    return st.Case(mean=case.mean, scale=np.maximum(case.scale, 0.25), y=case.y)


def batch_of(mean, scale, y):
    return st.Case(mean=np.array(mean), scale=np.array(scale), y=np.array(y))


def loss_for(y):
    """The loss as a torch function of mean and scale."""
    return lambda mean, scale: (scale.log() + ((torch.as_tensor(y) - mean) / scale).square() / 2).mean()


def check_nll(student, case):
    claimed = parts(student.gaussian_nll_gradients(case.mean, case.scale, case.y), "d_mean", "d_scale")
    assert_gradient(claimed, of=loss_for(case.y), at=(case.mean, case.scale), name=("d_mean", "d_scale"))


@gaussian_nll_gradients.test
@given(batches())
@example(batch_of([0.0], [1.0], [2.0]))
@example(batch_of([1.0], [2.0], [0.0]))
@example(batch_of([1.0], [2.0], [1.0]))
def test_are_the_two_gradients(student, case):
    """d_mean and d_scale, in this order, each (n,); a miss of zero leaves only the log's part"""
    check_nll(student, case)


@gaussian_nll_gradients.test(examples=25)
@given(batches(n=(5, 12), inexact=True))
def test_are_right_for_many_rows(student, case):
    """d_mean and d_scale for more rows, in double precision"""
    check_nll(student, case)


def nll(mean, scale, y, *, power=2, half=1.0, log=1.0, cube=3, signs=(1.0, 1.0), over=None):
    """The two gradients, and what becomes of them where one factor is another."""
    misses, n = y - mean, len(y) if over is None else over(y)
    d_scale = log / scale - half * misses**2 / scale**cube
    return -signs[0] * half * misses / scale**power / n, signs[1] * d_scale / n


def slip_of_nll(name, hint, **options):
    gaussian_nll_gradients.misconception(
        name, hint=hint, gaussian_nll_gradients=lambda mean, scale, y: nll(mean, scale, y, **options)
    )


@gaussian_nll_gradients.misconception(
    "the scale is taken for the variance",
    hint="scale is the standard deviation: the loss has log s, and divides by 2 s², not by 2 s",
)
def _(mean, scale, y):
    misses = y - mean
    return -misses / scale / len(y), (1 / scale - misses**2 / scale**2) / 2 / len(y)


slip_of_nll(
    "the square of the scale is missing, as if it were the variance",
    "(y − m)² is divided by 2 s²: d_mean has s², d_scale has s³",
    power=1,
    cube=2,
)
slip_of_nll("the sign of d_mean is flipped", "if m grows towards y, the loss falls: −(y − m)/s²", signs=(-1.0, 1.0))
slip_of_nll(
    "the sign of d_scale is flipped", "log s grows with s: 1/s is positive, the square's part negative",
    signs=(1.0, -1.0),
)  # fmt: skip
slip_of_nll("both signs are flipped", "the loss is the negative log-likelihood: it is to fall", signs=(-1.0, -1.0))
slip_of_nll(
    "a sum stands where the mean belongs", "the loss is a mean over n rows, so each gradient is divided by n",
    over=lambda y: 1,
)  # fmt: skip
slip_of_nll("the ½ is forgotten", "the 2 of the square and the ½ cancel: (y − m)/s² and (y − m)²/s³", half=2.0)
slip_of_nll("the ½ is taken twice", "the derivative of the square has a 2, and the ½ cancels it", half=0.5)
slip_of_nll("the log is forgotten", "log s has the derivative 1/s", log=0.0)
slip_of_nll("s² stands in d_scale where s³ belongs", "the derivative of s⁻² is −2 s⁻³: one power more", cube=2)


@gaussian_nll_gradients.misconception("the two gradients are swapped", hint="the order is (d_mean, d_scale)")
def _(mean, scale, y):
    return nll(mean, scale, y)[::-1]


gradient_norms_by_part = Task(
    "15.3",
    "gradient_norms_by_part",
    points=3,
    minutes=15,
    hints=(
        "A part has a weight with a gradient of norm 3 and a bias with one of norm 4. Is it 7 for the part?",
        "Square every number of every gradient of the part, add them all up, take one root. Pass over None; where "
        "nothing is left to add the sum is 0, and so is the root.",
        "for name, part in model.named_children(): add (p.grad**2).sum().item() over part.parameters() where p.grad is "
        "not None, and take ** 0.5 of the total.",
    ),
    see=f"How much gradient has a part?, in {LESSON}",
)


@probe
def norms_of(student, model, gradients, frozen):
    """The norms of a model whose .grad holds `gradients` (by name, else None); .grad and frozen ones afterwards."""
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.grad = gradients[name].clone() if name in gradients else None
        parameter.requires_grad_(name not in frozen)
    norms = student.gradient_norms_by_part(model)
    after = {name: p.grad.clone() for name, p in parameters.items() if p.grad is not None}
    return norms, after, [name for name, p in parameters.items() if not p.requires_grad]


@st.composite
def graded(draw):
    """Cases with the arguments of norms_of."""
    model = draw(st.models("nested", "transfer", "mlp", "shared", "linear", "mlp_batchnorm"))
    named = dict(model.build().named_parameters())
    names = draw(st.lists(st.sampled_from(sorted(named)), max_size=len(named), unique=True))
    gradients = {name: draw(st.tensors(*named[name].shape, inexact=True)) for name in names}
    frozen = draw(st.lists(st.sampled_from(sorted(named)), max_size=2, unique=True))
    return st.Case(model=model, gradients=gradients, frozen=frozen)


def graded_case(kind, sizes, frozen=(), **gradients):
    """A case of these gradients, by name with _ for dots; every entry is the number given."""
    model = models.Model(kind, sizes)
    named = dict(model.build().named_parameters())
    full = {name.replace("_", "."): number for name, number in gradients.items()}
    full = {name: torch.full_like(named[name], number).detach() for name, number in full.items()}
    return st.Case(model=model, gradients=full, frozen=list(frozen))


def expected_norms(case):
    """Norms by child, each of one long vector."""
    model = case.model.build()
    for name, parameter in model.named_parameters():
        parameter.grad = case.gradients.get(name)
    vectors = {
        child: [p.grad.reshape(-1) for p in part.parameters() if p.grad is not None]
        for child, part in model.named_children()
    }
    return {child: torch.linalg.vector_norm(torch.cat(v)).item() if v else 0.0 for child, v in vectors.items()}


@gradient_norms_by_part.test(examples=25)
@given(graded())
@example(graded_case("nested", (1, 1, 1), head_weight=3.0, head_bias=4.0))
@example(graded_case("nested", (1, 1, 1)))
@example(graded_case("nested", (1, 1, 1), backbone_0_weight=3.0, head_weight=-2.0, frozen=["head.weight"]))
@example(graded_case("shared", (1, 1, 1, 1, 1), **{"2_weight": 3.0}))
@example(graded_case("transfer", (1, 1, 1), body_layer10_weight=3.0))
@example(graded_case("linear", (1, 1), weight=3.0))
@example(graded_case("mlp", (1,) * 8, **{"10_weight": 3.0}))
def test_is_one_norm_for_each_child(student, case):
    """the norm of all gradients of a child together, under its name; 0.0 without any"""
    norms, _, _ = student.run(norms_of, **vars(case))
    assert_close(norms, expected_norms(case), name="the dict of norms")


@gradient_norms_by_part.test(examples=20)
@given(graded())
@example(graded_case("nested", (1, 1, 1), head_weight=3.0))
def test_leaves_the_model_alone(student, case):
    """.grad and requires_grad of every parameter stay as they were, None or not"""
    _, after, frozen = student.run(norms_of, **vars(case))
    assert_close(after, case.gradients, name=".grad", rtol=0, atol=0)
    names = [name for name, _ in case.model.build().named_parameters() if name in case.frozen]
    assert_close(frozen, names, name="the frozen parameters")


def norm_of(tensors):
    """The norm of these tensors as one vector."""
    return sum(tensor.detach().square().sum().item() for tensor in tensors) ** 0.5


def by_part(model, *, of=None, keep=lambda part: True, own=False, norm=norm_of, twice=False, only_free=False):
    """gradient_norms_by_part, and what becomes of it where one thing is done in another way."""
    norms = {}
    for name, part in model.named_children():
        found = [p for _, p in part.named_parameters(recurse=not own, remove_duplicate=not twice)]
        found = [p for p in found if p.requires_grad or not only_free]
        values = found if of is not None else [p.grad for p in found if p.grad is not None]
        if keep(values):
            norms[name] = norm(values)
    return norms


def slip_of_norms(name, hint, **options):
    gradient_norms_by_part.misconception(
        name, hint=hint, gradient_norms_by_part=lambda model: by_part(model, **options)
    )


slip_of_norms(
    "the norms of the parameters are added up",
    "norms do not add: 3 and 4 make 5. Add squares, and take one root for the part",
    norm=lambda tensors: sum((norm_of([tensor]) for tensor in tensors), 0.0),
)
slip_of_norms("parts without a gradient are missing", "such a part has 0.0, not nothing", keep=bool)
slip_of_norms(
    "the root is missing", "the norm is the root of the sum of squares", norm=lambda tensors: norm_of(tensors) ** 2
)
slip_of_norms("the parameters are measured, not their gradients", "the numbers asked for lie in .grad", of="parameters")
slip_of_norms(
    "deeper parameters are left out", "a part may hold parts: part.parameters() goes all the way down", own=True
)
slip_of_norms("a parameter that stands twice in a part is counted twice", "parameters() gives it once", twice=True)
slip_of_norms(
    "absolute values are added up", "the L2 norm squares each number, adds, and takes the root",
    norm=lambda tensors: float(sum(tensor.abs().sum().item() for tensor in tensors)),
)  # fmt: skip
slip_of_norms(
    "the largest norm stands for the part", "all gradients of the part count, in one long vector",
    norm=lambda tensors: max((norm_of([tensor]) for tensor in tensors), default=0.0),
)  # fmt: skip
slip_of_norms("frozen parameters are left out", "what lies in .grad counts, whatever the flag says", only_free=True)


@gradient_norms_by_part.misconception(
    "every module has an entry", hint="the immediate children only: named_children(), not named_modules()"
)
def _(model):
    found = {name: [p.grad for p in part.parameters() if p.grad is not None] for name, part in model.named_modules()}
    return {name: norm_of(gradients) for name, gradients in found.items() if name}


@gradient_norms_by_part.misconception(
    "each parameter has an entry of its own", hint="one number for each child, of all its gradients together"
)
def _(model):
    return {name: norm_of([p.grad] if p.grad is not None else []) for name, p in model.named_parameters()}


@gradient_norms_by_part.misconception(
    "a shared parameter counts in its first part only",
    hint="ask each child for its own parameters(): one that is shared belongs to both",
)
def _(model):
    squares = {name: 0.0 for name, _ in model.named_children()}
    for name, p in model.named_parameters():
        if p.grad is not None and "." in name:
            squares[name.split(".")[0]] += norm_of([p.grad]) ** 2
    return {name: square**0.5 for name, square in squares.items()}


@gradient_norms_by_part.misconception(
    "the names are compared letter by letter",
    hint="10.weight begins with the letter 1 and is no part of 1: ask each child for its parameters()",
)
def _(model):
    named = list(model.named_parameters(remove_duplicate=False))
    found = {
        name: {p for path, p in named if path.startswith(name) and p.grad is not None}
        for name, _ in model.named_children()
    }
    return {name: norm_of(p.grad for p in several) for name, several in found.items()}
