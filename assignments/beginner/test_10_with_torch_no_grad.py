"""Assignment 10 · with torch.no_grad()"""

import functools

import torch

from autograder import Task, assert_close, example, given, models, parts, probe
from autograder import strategies as st

LESSON = "lessons/beginner/10_with_torch_no_grad.py"

predict = Task(
    "10.1",
    "predict",
    points=4,
    minutes=15,
    hints=(
        "model.eval() reaches every part. How will you know afterwards which parts had been in train mode?",
        "Note each part's training first. eval() and no_grad() are two things; a with block puts gradients back by "
        "itself, and what stands in finally is done even where the model raises.",
        "modes = [(part, part.training) for part in model.modules()]; model.eval(); try: with torch.no_grad(): "
        "return model(x); finally: a loop that sets part.training.",
    ),
    see=f"eval() is something else, in {LESSON}",
)


@probe
def asked(student, model, x, in_eval, gradients, error):
    """predict, asked of a model with two watchers in it: what came of it, and how everything is afterwards.

    The whole is Sequential(first=Sequential(model, watcher), second=Sequential(watcher)), with one watcher, which makes
    another number of one that tracks, so that recording shows in the answer.
    """
    recorded = []

    class Watcher(torch.nn.Module):
        def forward(self, h):
            recorded.append(h.requires_grad)
            if error and len(recorded) > 1:
                raise {"ValueError": ValueError, "RuntimeError": RuntimeError, "IndexError": IndexError}[error](
                    "no answer"
                )
            return h + h.requires_grad

    watcher = Watcher()
    first, second = torch.nn.Sequential(model, watcher), torch.nn.Sequential(watcher)
    whole = torch.nn.Sequential()
    whole.add_module("first", first)
    whole.add_module("second", second)
    for name, part in whole.named_modules():
        part.training = (name or "the model") not in in_eval
    saved = []
    ended, answer = "returned", None
    with torch.set_grad_enabled(gradients):
        try:
            with torch.autograd.graph.saved_tensors_hooks(saved.append, lambda nothing: nothing):
                answer = student.predict(whole, x)
        except (ValueError, RuntimeError, IndexError) as problem:
            if not error or isinstance(problem, NotImplementedError):  # the latter is a gap that is not begun
                raise
            ended = f"{type(problem).__name__}: {problem}"
        after = torch.is_grad_enabled()
    traces = {
        "a graph inside the model": any(recorded) or bool(saved),
        "a graph of the answer": isinstance(answer, torch.Tensor) and answer.requires_grad,
    }
    modes = {name or "the model": part.training for name, part in whole.named_modules()}
    tensors = {"x": x, **dict(model.named_parameters()), **dict(model.named_buffers())}
    flags = {name: tensor.requires_grad for name, tensor in tensors.items()}
    values = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    return {
        "ended": ended,
        "answer": answer.detach() if isinstance(answer, torch.Tensor) else answer,
        "traces": traces,
        "gradients": after,
        "modes": modes,
        "flags": flags,
        "values": values,
    }


KINDS = ("mlp_batchnorm", "transfer", "frozen", "shared")


@st.composite
def questions(draw, *errors):
    """Cases of a model, an input (n, d), parts in eval mode, whether gradients are on, and what the model raises."""
    model = draw(st.models(*KINDS, layers=(2, 2), hidden=(1, 2), dropout=0.5))
    places = ["the model", "first", "first.0", "first.1", "second"]
    places += [f"first.0.{name}" for name, _ in model.build().named_modules() if name]
    return st.Case(
        model=model,
        x=draw(st.tensors((1, 3), model.sizes[0])).requires_grad_(draw(st.booleans())),
        in_eval=draw(st.lists(st.sampled_from(places), max_size=4, unique=True)),
        gradients=draw(st.sampled_from([True, True, False])),
        error=draw(st.sampled_from(errors or [""])),
    )


def question(in_eval=(), gradients=True, error="", tracked=False):
    """A case with a small model and simple numbers."""
    return st.Case(
        model=models.Model("mlp_batchnorm", (1, 1, 1), 3, {"activation": "tanh"}),
        x=torch.tensor([[1.0]], dtype=torch.float64).requires_grad_(tracked),
        in_eval=list(in_eval),
        gradients=gradients,
        error=error,
    )


def answer_of(case):
    """The model's answer in eval mode."""
    return case.model.build().eval()(case.x).detach()


def check_put_back(seen, case):
    """Modes, gradients, flags and values are as they were."""
    names = seen["modes"]
    assert_close(names, {name: name not in case.in_eval for name in names}, name="afterwards: training")
    assert_close(seen["gradients"], case.gradients, name="afterwards: torch.is_grad_enabled()")
    module = case.model.build()
    tensors = {"x": case.x, **dict(module.named_parameters()), **dict(module.named_buffers())}
    flags = {name: tensor.requires_grad for name, tensor in tensors.items()}
    values = {name: tensor.detach() for name, tensor in tensors.items()}
    assert_close(seen["flags"], flags, name="afterwards: requires_grad")
    assert_close(seen["values"], values, name="afterwards: values", rtol=0, atol=0)


@predict.test(examples=15)
@given(questions())
@example(question())
@example(question(tracked=True))
def test_answers_without_a_graph(student, case):
    """the answer is that of eval mode, and neither it nor anything inside the model is recorded in a graph"""
    seen = student.run(asked, **vars(case))
    assert_close(seen["traces"], dict.fromkeys(seen["traces"], False), name="recorded")
    assert_close(seen["answer"], answer_of(case), name="the answer")


@predict.test(examples=18)
@given(questions())
@example(question())
@example(question(in_eval=["first.0.1"]))
@example(question(gradients=False))
def test_puts_everything_back(student, case):
    """afterwards every part is in the mode it was in, and gradients are on or off as before"""
    check_put_back(student.run(asked, **vars(case)), case)


@predict.test(examples=18)
@given(questions("ValueError", "RuntimeError", "IndexError", ""))
@example(question(error="ValueError"))
@example(question(error="ValueError", gradients=False))
@example(question())
def test_puts_everything_back_where_the_model_raises(student, case):
    """where the model raises, the exception passes on, and everything is put back all the same"""
    seen = student.run(asked, **vars(case))
    ended = f"{case.error}: no answer" if case.error else "returned"
    assert_close(seen["ended"], ended, name="how the call ended")
    check_put_back(seen, case)


def modes_of(model):
    return [(part, part.training) for part in model.modules()]


def put_back(modes):
    for part, training in modes:
        part.training = training


@predict.misconception(
    "eval() alone, without no_grad: a graph is recorded",
    hint="eval() changes what dropout and BatchNorm do, and nothing else; recording is stopped by torch.no_grad()",
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    try:
        return model(x)
    finally:
        put_back(modes)


@predict.misconception(
    "eval() alone: a graph is recorded, and the model stays in eval mode",
    hint="eval() stops no recording (torch.no_grad() does), and it is not undone by itself",
)
def _(model, x):
    return model.eval()(x)


@predict.misconception(
    "the answer is detached, but a graph is recorded on the way",
    hint="detach() comes too late: the model has recorded its graph by then; run it inside torch.no_grad()",
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    try:
        return model(x).detach()
    finally:
        put_back(modes)


@predict.misconception(
    "no_grad alone, without eval(): dropout and BatchNorm act as in training",
    hint="no_grad stops recording only; model.eval() makes dropout and BatchNorm behave",
)
def _(model, x):
    with torch.no_grad():
        return model(x)


@predict.misconception(
    "the model is left in eval mode", hint="note training of every part before eval(), and put it back afterwards"
)
def _(model, x):
    model.eval()
    with torch.no_grad():
        return model(x)


@predict.misconception(
    "all parts are in train mode afterwards",
    hint="some parts may have been in eval mode before: note training of every part, and put back what you noted",
)
def _(model, x):
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    finally:
        model.train()


@predict.misconception(
    "all parts get the mode of the whole model",
    hint="parts may differ from the whole: note training of every part in model.modules()",
)
def _(model, x):
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    finally:
        model.train(training)


@predict.misconception(
    "modes are put back by train(), which reaches the parts inside",
    hint="part.train(mode) also sets all parts inside it, also one that is shared; set part.training = mode",
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    finally:
        for part, training in modes:
            part.train(training)


@predict.misconception(
    "modes are not put back where the model raises",
    hint="an exception leaves the function at once; only what stands in finally (or in a with block) is still done",
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    with torch.no_grad():
        answer = model(x)
    put_back(modes)
    return answer


@predict.misconception(
    "neither modes nor gradients are put back where the model raises",
    hint="only what stands in finally, or is done by a with block, is done after an exception",
)
def _(model, x):
    modes, before = modes_of(model), torch.is_grad_enabled()
    model.eval()
    torch.set_grad_enabled(False)
    answer = model(x)
    torch.set_grad_enabled(before)
    put_back(modes)
    return answer


@predict.misconception(
    "gradients are on afterwards, even where they had been off",
    hint="put back what was found: torch.no_grad() does so by itself",
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    torch.set_grad_enabled(False)
    try:
        return model(x)
    finally:
        torch.set_grad_enabled(True)
        put_back(modes)


@predict.misconception(
    "gradients stay off afterwards", hint="torch.set_grad_enabled(False) has no end; a with block ends by itself"
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    torch.set_grad_enabled(False)
    try:
        return model(x)
    finally:
        put_back(modes)


@predict.misconception(
    "the exception is swallowed", hint="the caller must hear of it: finally lets it pass, except without raise does not"
)
def _(model, x):
    modes = modes_of(model)
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    except Exception:
        return None
    finally:
        put_back(modes)


@predict.misconception(
    "the parameters' flags are switched off instead",
    hint="requires_grad_(False) is not undone by itself, and an x that tracks is recorded all the same; use no_grad()",
)
def _(model, x):
    modes = modes_of(model)
    model.eval().requires_grad_(False)
    try:
        return model(x)
    finally:
        put_back(modes)


untracked = Task(
    "10.2",
    "untracked",
    points=3,
    minutes=15,
    hints=(
        "Which lines run once, when the function is decorated, and which at every call?",
        "The inner function does everything: it opens a with block of its own, calls f with all it was given, and "
        "returns what f returns. functools.wraps(f) gives it the name and the docstring.",
        "@functools.wraps(f) over def quiet(*args, **kwargs):, in it with torch.no_grad(): return f(*args, **kwargs); "
        "at the end of untracked, return quiet.",
    ),
    see=f"The decorator, in {LESSON}",
)


@probe
def calls(student, made_with, events):
    """A function decorated with gradients on or off, then called with gradients on or off, some levels deep.

    Tells of each call: whether gradients were on inside, at each level, how it ended, whether they were on after it.
    """
    inside = []

    def plain(depth=0, failing=False):
        inside.append(torch.is_grad_enabled())
        if depth:
            decorated(depth - 1, failing)
            inside.append(torch.is_grad_enabled())
        if failing and not depth:
            raise KeyError("sought in vain")
        return depth

    with torch.set_grad_enabled(made_with):
        decorated = student.untracked(plain)
        told = [{"calls when decorated": len(inside), "gradients after": torch.is_grad_enabled()}]
    if not callable(decorated):
        return f"untracked gives back {decorated}, which is no function"
    for gradients, depth, failing in events:
        inside.clear()
        with torch.set_grad_enabled(gradients):
            try:
                ended = ["returned", decorated(depth, failing)]
            except KeyError as problem:
                ended = ["raised", str(problem)]
            after = torch.is_grad_enabled()
        told.append({"gradients inside": list(inside), "ended": ended, "gradients after": after})
    return told


EVENTS = st.lists(st.tuples(st.sampled_from([True, False]), st.integers(0, 2), st.booleans()), min_size=1, max_size=3)


@untracked.test(examples=20)
@given(st.sampled_from([True, False]), EVENTS)
@example(True, [(True, 0, False)])
@example(False, [(True, 0, False)])
@example(True, [(False, 0, False)])
@example(True, [(True, 0, True)])
@example(True, [(True, 1, False)])
def test_gradients_are_off_inside_and_as_before_afterwards(student, made_with, events):
    """gradients are off inside, and afterwards as they were at the call: when f raises, and when it calls itself"""
    told = student.run(calls, made_with, events)
    expected = [{"calls when decorated": 0, "gradients after": made_with}]
    for gradients, depth, failing in events:
        ended = ["raised", "'sought in vain'"] if failing else ["returned", depth]
        inside = [False] * (depth + 1 if failing else 2 * depth + 1)
        expected.append({"gradients inside": inside, "ended": ended, "gradients after": gradients})
    assert_close(told, expected, name="what was seen of the decoration and of each call")


@probe
def passed_through(student, args, kwargs, name, text):
    """What f was given and what came back through the decorator, twice; name and docstring; and f by itself."""
    given = []

    def f(*args, **kwargs):
        given.append([list(args), dict(kwargs), torch.is_grad_enabled()])
        return answer

    f.__name__, f.__doc__ = name, text
    decorated = student.untracked(f)
    leaf = torch.ones(2, dtype=torch.float64, requires_grad=True)
    same = []
    for answer in (leaf, [leaf, "as it is"]):
        same.append(decorated(*args, **kwargs) is answer)
    return {
        "given, and whether gradients were on": given,
        "the very object came back": same,
        "keeps the name": getattr(decorated, "__name__", None) == name,
        "keeps the docstring": decorated.__doc__ == text,
        "f's own name": f.__name__,
        "requires_grad of a leaf returned": leaf.requires_grad,
    }


VALUES = st.one_of(st.integers(-3, 3), st.sampled_from(["metres", None, True]))


@untracked.test(examples=12)
@given(
    st.lists(VALUES, max_size=3),
    st.lists(st.tuples(st.sampled_from(["x", "scale", "n"]), VALUES), max_size=2, unique_by=lambda pair: pair[0]),
    st.sampled_from(["accuracy", "mean_miss"]),
    st.sampled_from(["Share of right answers.", None]),
)
@example([1], [], "accuracy", "Share of right answers.")
@example([], [("scale", 2)], "accuracy", "Share of right answers.")
def test_hands_everything_on(student, args, pairs, name, text):
    """name and docstring are those of f; all arguments reach f, and what f returns comes back, the very object"""
    kwargs = dict(pairs)
    expected = {
        "given, and whether gradients were on": [[args, kwargs, False]] * 2,
        "the very object came back": [True, True],
        "keeps the name": True,
        "keeps the docstring": True,
        "f's own name": name,
        "requires_grad of a leaf returned": True,
    }
    assert_close(student.run(passed_through, args, kwargs, name, text), expected, name="the decorated function")


@probe
def used_later(student, x, w):
    """A constant made by a decorated function, used in a graph; and the same function, undecorated, as before."""
    weight = w.clone().requires_grad_()

    def doubled(x=1.0):
        return 2 * weight * x

    constant = student.untracked(doubled)(x)
    told = {"requires_grad of the result": constant.requires_grad, "the result": constant.detach()}
    gradient, used = None, "works"
    try:
        product = (weight * constant).sum()
        if product.requires_grad:
            gradient = torch.autograd.grad(product, weight)[0]
    except RuntimeError as problem:
        used = str(problem)[:55]
    told["use in a graph"], told["f itself records"] = used, doubled(x).requires_grad
    return told, gradient


@untracked.test(examples=8)
@given(st.cases(as_tensor=True, x="n", w="n"))
def test_results_can_be_used_in_a_graph(student, case):
    """what is computed inside is an ordinary constant: a graph recorded later may use it; f itself stays as it was"""
    told, gradient = parts(student.run(used_later, case.x, case.w), "told", "gradient")
    constant = 2 * case.w * case.x
    expected = {"requires_grad of the result": False, "the result": constant}
    assert_close(told, expected | {"use in a graph": "works", "f itself records": True}, name="the decorated function")
    assert_close(gradient, constant, name="the gradient of w · constant")


@untracked.misconception(
    "name and docstring are lost", hint="the inner function has a name of its own; @functools.wraps(f) puts f's on it"
)
def _(f):
    def quiet(*args, **kwargs):
        with torch.no_grad():
            return f(*args, **kwargs)

    return quiet


@untracked.misconception(
    "the docstring is lost", hint="a docstring is not the name: @functools.wraps(f) puts both on the inner function"
)
def _(f):
    def quiet(*args, **kwargs):
        with torch.no_grad():
            return f(*args, **kwargs)

    quiet.__name__ = f.__name__
    return quiet


@untracked.misconception(
    "the result is detached on top",
    hint="with gradients off nothing needs to be detached; what f returns comes back as it is, even a leaf",
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        with torch.no_grad():
            result = f(*args, **kwargs)
        return result.detach() if isinstance(result, torch.Tensor) else result

    return quiet


@untracked.misconception("nothing comes back from the decorator", hint="untracked must return the inner function")
def _(f):
    return None


@untracked.misconception(
    "tracking stays off for good",
    hint="torch.set_grad_enabled(False) is not undone by itself; a with block puts back what it found",
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        torch.set_grad_enabled(False)
        return f(*args, **kwargs)

    return quiet


@untracked.misconception(
    "tracking is switched off when the function is decorated",
    hint="what stands outside the inner function runs once, at the decoration; the switch belongs into the call",
)
def _(f):
    torch.set_grad_enabled(False)

    @functools.wraps(f)
    def quiet(*args, **kwargs):
        return f(*args, **kwargs)

    return quiet


@untracked.misconception(
    "nothing is switched off at the call",
    hint="a with block around the inner function's definition is long over when it is called; put it inside",
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        return f(*args, **kwargs)

    return quiet


@untracked.misconception(
    "gradients are on after every call, even where they had been off", hint="put back what was found, not True"
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        torch.set_grad_enabled(False)
        try:
            return f(*args, **kwargs)
        finally:
            torch.set_grad_enabled(True)

    return quiet


@untracked.misconception(
    "gradients stay off where f raises",
    hint="an exception skips the lines that follow; a with block or finally does not",
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        before = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        result = f(*args, **kwargs)
        torch.set_grad_enabled(before)
        return result

    return quiet


@untracked.misconception(
    "gradients are on after every call, and stay off where f raises",
    hint="put back what was found, not True, and do so in finally; a with block does both",
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        torch.set_grad_enabled(False)
        result = f(*args, **kwargs)
        torch.set_grad_enabled(True)
        return result

    return quiet


@untracked.misconception(
    "the mode found at the decoration is put back",
    hint="a function is decorated once and called later, elsewhere: ask torch.is_grad_enabled() at the call",
)
def _(f):
    before = torch.is_grad_enabled()

    @functools.wraps(f)
    def quiet(*args, **kwargs):
        torch.set_grad_enabled(False)
        try:
            return f(*args, **kwargs)
        finally:
            torch.set_grad_enabled(before)

    return quiet


@untracked.misconception(
    "one no_grad object serves all calls, also those inside another",
    hint="it remembers one mode only, so a call inside a call overwrites it; write torch.no_grad() inside the call",
)
def _(f):
    guard = torch.no_grad()

    @functools.wraps(f)
    def quiet(*args, **kwargs):
        with guard:
            return f(*args, **kwargs)

    return quiet


@untracked.misconception("keyword arguments are lost", hint="take *args and **kwargs, and hand both on")
def _(f):
    @functools.wraps(f)
    def quiet(*args):
        with torch.no_grad():
            return f(*args)

    return quiet


@untracked.misconception("the result is lost", hint="the inner function must return what f returns")
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        with torch.no_grad():
            f(*args, **kwargs)

    return quiet


@untracked.misconception("the exception is swallowed", hint="let it pass: a with block needs no except")
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        try:
            with torch.no_grad():
                return f(*args, **kwargs)
        except Exception:
            return None

    return quiet


@untracked.misconception(
    "the result is detached instead",
    hint="detach() comes after f has recorded its graph, and not every result is a tensor; switch off before f runs",
)
def _(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        result = f(*args, **kwargs)
        return result.detach() if isinstance(result, torch.Tensor) else result

    return quiet


@untracked.misconception(
    "f is called when it is decorated", hint="a decorator returns a function; f is called when that one is called"
)
def _(f):
    with torch.no_grad():
        return f()


@untracked.misconception(
    "inference_mode: no later graph can use the result",
    hint="tensors made in inference_mode cannot be saved for backward; torch.no_grad() makes ordinary constants",
)
def _(f):
    return torch.inference_mode()(f)


ema_update = Task(
    "10.3",
    "ema_update",
    points=3,
    minutes=15,
    hints=(
        "Which tensor must change in place, and why does torch forbid that outside of no_grad?",
        "Go over both models' parameters() side by side, inside with torch.no_grad(); change target's tensor itself "
        "(mul_, add_, copy_), do not bind the name to a new one.",
        "with torch.no_grad(): for t, s in zip(target.parameters(), source.parameters()): t.mul_(decay), then add "
        "(1 - decay) * s to it in place.",
    ),
    see=f"Changing leaves, in {LESSON}",
)


@probe
def followed(student, target, source, decays, frozen, old_gradients):
    """Target's parameters after each update, while the source moves on by 1/4; and what else should have stayed."""
    named = dict(target.named_parameters())
    both = {"target": target, "source": source}
    for owner, model in both.items():
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(f"{owner} {name}" not in frozen)
            if old_gradients:
                parameter.grad = torch.full_like(parameter, 0.5)
    path, sources = [], []
    for decay in decays:
        student.ema_update(target, source, decay)
        path.append({name: parameter.detach().clone() for name, parameter in target.named_parameters()})
        sources.append({name: parameter.detach().clone() for name, parameter in source.named_parameters()})
        for parameter in source.parameters():
            parameter.data += 0.25
    leaves = {name: parameter.is_leaf for name, parameter in target.named_parameters()}
    flags, gradients = {}, {}
    for owner, model in both.items():
        for name, parameter in model.named_parameters():
            flags[f"{owner} {name}"] = parameter.requires_grad
            gradients[f"{owner} {name}"] = parameter.grad if parameter.is_leaf else None
    return {
        "path": path,
        "sources": sources,
        "buffers": {f"{owner} {name}": b.clone() for owner, model in both.items() for name, b in model.named_buffers()},
        "same": {name: parameter is named[name] for name, parameter in target.named_parameters()},
        "leaves": leaves,
        "flags": flags,
        "gradients": gradients,
    }


@st.composite
def followings(draw, count=(1, 3)):
    """Cases of two models alike in shape, decays, names of frozen parameters, and whether old gradients lie there."""
    source = draw(st.models("mlp_batchnorm", "mlp", "shared", layers=(1, 2), hidden=(1, 2)))
    target = models.Model(source.kind, source.sizes, source.seed + 1 + draw(st.integers(0, 9)), source.options)
    names = [f"{owner} {name}" for owner in ("target", "source") for name, _ in source.build().named_parameters()]
    frozen = draw(
        st.one_of(
            st.lists(st.sampled_from(names), max_size=4, unique=True),
            st.sampled_from([[name for name in names if name.startswith("target")], []]),
        )
    )
    decays = draw(st.lists(st.sampled_from([0.5, 0.75, 0.9, 0.0, 1.0]), min_size=count[0], max_size=count[1]))
    return st.Case(target=target, source=source, decays=decays, frozen=frozen, old_gradients=draw(st.booleans()))


def following(*decays, frozen=(), kind="linear", sizes=(1, 1)):
    """A case of small models."""
    target, source = (models.Model(kind, sizes, seed) for seed in (2, 1))
    return st.Case(target=target, source=source, decays=list(decays), frozen=list(frozen), old_gradients=False)


def tensors_of(model):
    """Parameters of a model by name."""
    return {name: parameter.detach() for name, parameter in model.build().named_parameters()}


def expected_path(case):
    """Target's parameters after each update, and the source's at each."""
    target, source = tensors_of(case.target), tensors_of(case.source)
    path, sources = [], []
    for decay in case.decays:
        target = {name: decay * t + (1 - decay) * source[name] for name, t in target.items()}
        path.append(target)
        sources.append(source)
        source = {name: s + 0.25 for name, s in source.items()}
    return path, sources


FROZEN_TARGET = ("target weight", "target bias")


@ema_update.test(examples=18)
@given(followings())
@example(following(0.75))
@example(following(0.75, frozen=FROZEN_TARGET))
@example(following(0.0, 0.5))
@example(following(0.9))
@example(following(0.75, kind="shared", sizes=(1, 1, 1, 1, 1)))
def test_moves_the_target(student, case):
    """every parameter of target is decay · target + (1 − decay) · source, frozen or not; the source stays"""
    seen, (path, sources) = student.run(followed, **vars(case)), expected_path(case)
    assert_close(seen["sources"], sources, name="the source at each update")
    assert_close(seen["path"], path, name="the target after each update")


@ema_update.test(examples=12)
@given(followings(count=(1, 2)))
@example(following(0.75))
@example(following(0.75, frozen=FROZEN_TARGET))
def test_changes_nothing_else(student, case):
    """parameters stay the same objects, leaves with their flags and gradients; buffers stay"""
    seen = student.run(followed, **vars(case))
    assert_close(seen["same"], dict.fromkeys(seen["same"], True), name="the same parameter as before")
    assert_close(seen["leaves"], dict.fromkeys(seen["leaves"], True), name="is_leaf")
    assert_close(seen["flags"], {name: name not in case.frozen for name in seen["flags"]}, name="requires_grad")
    both = {"target": case.target.build(), "source": case.source.build()}
    buffers = {f"{owner} {name}": b for owner, model in both.items() for name, b in model.named_buffers()}
    assert_close(seen["buffers"], buffers, name="the buffers", rtol=0, atol=0)
    old = {f"{owner} {name}": p.detach() for owner, model in both.items() for name, p in model.named_parameters()}
    gradients = {name: torch.full_like(p, 0.5) if case.old_gradients else None for name, p in old.items()}
    assert_close(seen["gradients"], gradients, name=".grad")


def pairs_of(target, source):
    return list(zip(target.parameters(), source.parameters(), strict=True))


@ema_update.misconception(
    "the decay is swapped", hint="decay is what the target keeps; it takes 1 − decay from the source"
)
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t.copy_((1 - decay) * t + decay * s)


@ema_update.misconception(
    "without no_grad: a leaf refuses, and a frozen one becomes part of a graph",
    hint="a change in place is recorded like any operation, and a leaf would be none any more; do it under no_grad",
)
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t.mul_(decay).add_((1 - decay) * s)


@ema_update.misconception(
    "leaves become non-leaves: the flags are switched off instead of using no_grad",
    hint="the source still tracks, so its graph flows into target; use torch.no_grad(), and leave the flags alone",
)
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t.requires_grad_(False)
        t.mul_(decay).add_((1 - decay) * s)


@ema_update.misconception(
    "target's flags are switched off for good", hint="under torch.no_grad() leaves may change with the flags they have"
)
def _(target, source, decay):
    target.requires_grad_(False)
    for t, s in pairs_of(target, source):
        t.copy_(decay * t + (1 - decay) * s.detach())


@ema_update.misconception(
    "only the name is bound to a new tensor, and the target stays as it was",
    hint="t = … makes a new tensor that only this function knows; t.copy_(…), t.mul_(…) change the parameter",
)
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t = decay * t + (1 - decay) * s


@ema_update.misconception(
    "the parameters are replaced by new ones",
    hint="an optimizer that holds the old ones would train them in vain; change the numbers in the tensors there are",
)
@torch.no_grad()
def _(target, source, decay):
    theirs = dict(source.named_parameters())
    for name, t in list(target.named_parameters()):
        last = name.rpartition(".")[-1]
        new = torch.nn.Parameter(decay * t + (1 - decay) * theirs[name], requires_grad=t.requires_grad)
        for part in target.modules():
            if part.__dict__.get("_parameters", {}).get(last) is t:
                setattr(part, last, new)


@ema_update.misconception("frozen parameters are left out", hint="all parameters follow, whatever their flag says")
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        if t.requires_grad:
            t.copy_(decay * t + (1 - decay) * s)


@ema_update.misconception(
    "parameters that are frozen in the source are left out", hint="all parameters follow, whatever their flag says"
)
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        if s.requires_grad:
            t.copy_(decay * t + (1 - decay) * s)


@ema_update.misconception(
    "buffers are averaged too", hint="state_dict() holds buffers as well; parameters() holds parameters only"
)
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t.copy_(decay * t + (1 - decay) * s)
    for t, s in zip(target.buffers(), source.buffers(), strict=True):
        t.copy_(decay * t + (1 - decay) * s)


@ema_update.misconception(
    "the source's buffers are copied into the target", hint="the target's buffers stay as they are"
)
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t.copy_(decay * t + (1 - decay) * s)
    for t, s in zip(target.buffers(), source.buffers(), strict=True):
        t.copy_(s)


@ema_update.misconception(
    "a shared parameter is updated twice", hint="parameters() tells a shared one once; it must move once"
)
@torch.no_grad()
def _(target, source, decay):
    theirs = dict(source.named_parameters(remove_duplicate=False))
    for name, t in target.named_parameters(remove_duplicate=False):
        t.copy_(decay * t + (1 - decay) * theirs[name])


@ema_update.misconception("the old value is not shrunk", hint="decay · target, not target: the two weights add up to 1")
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        t.add_((1 - decay) * s)


@ema_update.misconception(
    "the source is moved instead of the target", hint="target is the slow copy, and the one that changes"
)
@torch.no_grad()
def _(target, source, decay):
    for t, s in pairs_of(target, source):
        s.copy_(decay * t + (1 - decay) * s)
