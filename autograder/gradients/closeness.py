"""Is this the value? Norm-wise comparison of decoded values with expected ones, however nested."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from autograder.gradients import answers, evidence, wording
from autograder.gradients.errors import Compared, Mismatch, Wrong, WrongType

SHORT_DTYPES = {torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 1e-1}  # about 100 roundings each


def assert_close(claimed: Any, expected: Any, *, name: str = "result", rtol: float = 1e-9, atol: float = 1e-12) -> None:
    """`claimed` is of the kind and shape of `expected`, and equal to it up to rounding.

    Lists and tuples are interchangeable; a dict must have the same keys, in order where `expected` is an
    OrderedDict. Floats side by side (a history) count as one vector; every array or tensor counts as one.
    A vector is right where ‖claimed − expected‖ ≤ rtol ‖expected‖ + atol · max(1, size of all that is expected).
    NaN and infinities must stand at equal places; whole numbers, truth values, text and None must be equal.
    rtol = 0 and atol = 0 ask for equality. Raises WrongType, Wrong.
    """
    size = max([1.0, *(_norm(array) for array in _arrays(expected))])
    try:
        _compare(claimed, expected, name, rtol, atol * size)
    except Wrong as wrong:
        mismatch = wrong.mismatch or Mismatch(name, answers.bare(claimed), answers.bare(expected))
        raise type(wrong)(wrong.headline, wrong.lines, mismatch, wrong.compared) from None
    evidence.saw_agreement(lambda: Mismatch(name, answers.bare(claimed), answers.bare(expected)))


def assert_trajectory(claimed: Any, expected: Any, *, name: str, rtol: float = 1e-9) -> None:
    """A sequence of states (floats, arrays, tensors, or lists and dicts of them) is right, norm-wise over the whole.

    The first step that departs, counted from 0, is named. Raises WrongType, Wrong.
    """
    if not isinstance(claimed, list | tuple):
        raise WrongType(f"{answers.returned(claimed)}; {name} must be a list of {len(expected)} steps")
    if len(claimed) != len(expected):
        raise Wrong(f"{name} has {len(claimed)} steps; {len(expected)} are expected")
    whole = float(np.sqrt(sum(_norm(array) ** 2 for array in _arrays(expected))))
    tolerance = rtol * whole + 1e-12 * max(1.0, whole)
    departure = 0.0
    first: tuple[int, Wrong] | None = None
    for step, (mine, right) in enumerate(zip(claimed, expected, strict=True)):
        _compare(mine, right, f"{name} at step {step}", 0.0, float("inf"))
        departure = float(np.hypot(departure, _distance(mine, right)))
        if not departure <= tolerance and first is None:
            first = (step, _departed(mine, right, "the state", tolerance))
    if first is not None:
        wrong = first[1]
        which = (wrong.headline,) if isinstance(expected[first[0]], list | tuple | dict) else ()
        mismatch = Mismatch(name, answers.bare(claimed), answers.bare(expected))
        line = f"steps before step {first[0]} are right" if first[0] else "it departs from the first step on"
        compared = _course(name, mismatch) or wrong.compared
        raise Wrong(f"{name} departs at step {first[0]}", (*which, *wrong.lines[:3], line), mismatch, compared)


def _course(name: str, mismatch: Mismatch) -> Compared | None:
    """A trajectory of numbers as two vectors, one entry a step; None where its states are more than numbers."""
    mine, right = ([] if states is None else list(states) for states in (mismatch.claimed, mismatch.expected))
    if not right or not all(isinstance(state, np.ndarray) and state.shape == () for state in (*mine, *right)):
        return None
    return Compared(name, np.stack(mine), np.stack(right))


def _departed(mine: Any, right: Any, name: str, tolerance: float) -> Wrong:
    try:
        _compare(mine, right, name, 0.0, tolerance / 2)
    except Wrong as wrong:
        return wrong
    return Wrong(name)


def _compare(claimed: Any, expected: Any, name: str, rtol: float, atol: float) -> None:
    if isinstance(expected, torch.Tensor):
        _compare_tensor(claimed, expected, name, rtol, atol)
    elif isinstance(expected, np.ndarray) and expected.dtype.kind == "f":
        _compare_floats(answers.as_like(claimed, expected, name, finite=False), expected, name, rtol, atol)
    elif isinstance(expected, np.ndarray):
        _compare_exact_array(claimed, expected, name)
    elif isinstance(expected, float | np.floating):
        array = answers.as_like(claimed, float(expected), name, finite=False)
        _compare_floats(array, np.array(float(expected)), name, rtol, atol)
    elif isinstance(expected, Mapping):
        _compare_dict(claimed, expected, name, rtol, atol)
    elif isinstance(expected, list | tuple):
        _compare_sequence(claimed, expected, name, rtol, atol)
    else:
        _compare_exact(claimed, expected, name)


def _compare_tensor(claimed: Any, expected: torch.Tensor, name: str, rtol: float, atol: float) -> None:
    if expected.is_floating_point():
        if rtol:
            rtol = max(rtol, SHORT_DTYPES.get(expected.dtype, 0.0))
        array = answers.as_like(claimed, expected.detach(), name, finite=False)
        _compare_floats(array, expected.detach().double().numpy(), name, rtol, atol)
        return
    if type(claimed) is not torch.Tensor:
        raise WrongType(f"{answers.returned(claimed)}; {name} must be a torch.Tensor")
    answers.check_shape(tuple(claimed.shape), tuple(expected.shape), name)
    if claimed.dtype != expected.dtype:
        raise answers.wrong_dtype(name, claimed.dtype, expected.dtype)
    if not torch.equal(claimed, expected):
        raise _not_equal(claimed.numpy(), expected.numpy(), name)


def _compare_exact_array(claimed: Any, expected: np.ndarray, name: str) -> None:
    if not isinstance(claimed, np.ndarray | np.generic):
        raise WrongType(f"{answers.returned(claimed)}; {name} must be a NumPy array")
    answers.check_shape(claimed.shape, expected.shape, name)
    if claimed.dtype.kind != expected.dtype.kind:
        raise answers.wrong_dtype(name, claimed.dtype, expected.dtype)
    if not np.array_equal(claimed, expected):
        raise _not_equal(np.asarray(claimed), expected, name)


def _compare_exact(claimed: Any, expected: Any, name: str) -> None:
    kinds: tuple[type, ...] = (type(expected),)
    if isinstance(expected, bool | np.bool_):
        kinds = (bool, np.bool_)
    elif isinstance(expected, int | np.integer):
        kinds = (int, np.integer)
    if not isinstance(claimed, kinds) or (isinstance(claimed, bool) and bool not in kinds):
        kind = Wrong if expected is None else WrongType  # a value where there is none is a wrong value
        raise kind(f"{answers.returned(claimed)}; {name} must be {_kind_asked(expected)}")
    if claimed != expected:
        raise Wrong(
            f"{name} is wrong",
            (f"yours {wording.literal(claimed, 60)}, expected {wording.literal(expected, 60)}",),
        )


def _compare_dict(claimed: Any, expected: Mapping[Any, Any], name: str, rtol: float, atol: float) -> None:
    if not isinstance(claimed, Mapping):
        raise WrongType(f"{answers.returned(claimed)}; {name} must be a dict")
    missing = [key for key in expected if key not in claimed]
    extra = [key for key in claimed if key not in expected]
    if missing or extra:
        lines = [f"missing: {wording.literal(missing, 100)}"] if missing else []
        lines += [f"not expected: {wording.literal(extra, 100)}"] if extra else []
        raise Wrong(f"{name} has the wrong keys", tuple(lines))
    if isinstance(expected, OrderedDict) and list(claimed) != list(expected):
        lines = [f"yours {wording.literal(list(claimed), 100)}", f"expected {wording.literal(list(expected), 100)}"]
        raise Wrong(f"the keys of {name} are in the wrong order", tuple(lines))
    paths = [f"{name}[{wording.literal(key, 40)}]" for key in expected]
    _compare_items([claimed[key] for key in expected], list(expected.values()), paths, name, rtol, atol)


def _compare_sequence(claimed: Any, expected: Sequence[Any], name: str, rtol: float, atol: float) -> None:
    if not isinstance(claimed, list | tuple):
        raise WrongType(f"{answers.returned(claimed)}; {name} must be a list or tuple of {len(expected)}")
    if len(claimed) != len(expected):
        raise Wrong(f"{name} has the wrong length", (f"yours {len(claimed)}, expected {len(expected)}",))
    paths = [f"{name}[{i}]" for i in range(len(expected))]
    _compare_items(list(claimed), list(expected), paths, name, rtol, atol)


def _compare_items(
    claimed: list[Any], expected: list[Any], paths: list[str], name: str, rtol: float, atol: float
) -> None:
    """Floats side by side as one vector, everything else one by one."""
    floats = [i for i, right in enumerate(expected) if isinstance(right, float | np.floating)]
    for i, path in enumerate(paths):
        if i not in floats:
            _compare(claimed[i], expected[i], path, rtol, atol)
    mine = [float(answers.as_like(claimed[i], 0.0, paths[i], finite=False)) for i in floats]
    right = [float(expected[i]) for i in floats]
    _compare_floats(np.array(mine), np.array(right), name, rtol, atol, [paths[i] for i in floats])


def _compare_floats(
    claimed: np.ndarray,
    expected: np.ndarray,
    name: str,
    rtol: float,
    atol: float,
    paths: Sequence[str] = (),
) -> None:
    finite = np.isfinite(expected)
    difference = np.where(finite, _apart(claimed, expected), 0.0)
    unequal = ~np.where(finite, np.isfinite(claimed), _same_special(claimed, expected))
    tolerance = rtol * _norm(expected) + atol
    with np.errstate(over="ignore"):
        distance = float(np.linalg.norm(difference))
    if not unequal.any() and distance <= tolerance:
        return
    bound = min(tolerance / np.sqrt(max(difference.size, 1)), float(np.nan_to_num(difference).max(initial=0)) / 2)
    wrong = np.argwhere(unequal | (difference > bound))
    lines = []
    for where in map(tuple, wrong[:3]):
        label = paths[where[0]] if paths else wording.index("", tuple(int(i) for i in where))
        mine, right = wording.pair(float(claimed[where]), float(expected[where]))
        lines.append(f"{label + ': ' if label else ''}yours {mine}, expected {right}")
    if len(wrong) > 3:
        lines.append(f"{len(wrong)} of {difference.size} entries are wrong")
    compared = Compared(name, claimed, expected) if expected.ndim else None
    raise Wrong(f"{name} is wrong", tuple(lines), compared=compared)


def _apart(claimed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(claimed - expected)


def _same_special(claimed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return (claimed == expected) | (np.isnan(claimed) & np.isnan(expected))


def _not_equal(claimed: np.ndarray, expected: np.ndarray, name: str) -> Wrong:
    wrong = np.argwhere(claimed != expected)
    lines = [
        f"{wording.index('', tuple(int(i) for i in where))}: yours {claimed[where]}, expected {expected[where]}"
        for where in map(tuple, wrong[:3])
    ]
    return Wrong(f"{name} is wrong", tuple(line.removeprefix(": ") for line in lines))


def _arrays(value: Any) -> list[np.ndarray]:
    """The floating-point leaves of `value`, as float64 arrays."""
    if isinstance(value, torch.Tensor):
        return [value.detach().double().numpy()] if value.is_floating_point() else []
    if isinstance(value, np.ndarray | float | np.floating):
        return [np.asarray(value, dtype=np.float64)] if np.asarray(value).dtype.kind == "f" else []
    if isinstance(value, Mapping):
        value = list(value.values())
    return [array for item in value for array in _arrays(item)] if isinstance(value, list | tuple) else []


def _norm(array: np.ndarray) -> float:
    finite = np.where(np.isfinite(array), array, 0.0)
    largest = float(np.abs(finite).max(initial=0.0))
    return largest * float(np.linalg.norm(finite / largest)) if largest > 1e100 else float(np.linalg.norm(finite))


def _distance(claimed: Any, expected: Any) -> float:
    """The norm of the difference of two states that are alike in kind and shape; a whole number is as good a float."""
    with np.errstate(invalid="ignore", over="ignore"):
        parts = [np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, a - b) for a, b in _paired(claimed, expected)]
        return float(np.sqrt(sum(np.linalg.norm(part) ** 2 for part in parts)))


def _paired(claimed: Any, expected: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The floating-point leaves of `expected`, each behind what stands at its place in `claimed`."""
    if isinstance(expected, Mapping):
        claimed, expected = [claimed[key] for key in expected], list(expected.values())
    if isinstance(expected, list | tuple):
        for mine, right in zip(claimed, expected, strict=True):
            yield from _paired(mine, right)
        return
    for right in _arrays(expected):
        mine = claimed.detach().double().numpy() if isinstance(claimed, torch.Tensor) else claimed
        yield np.asarray(mine, dtype=np.float64), right


def _kind_asked(expected: Any) -> str:
    if expected is None:
        return "None"
    names = {bool: "True or False", int: "an int", str: "a str"}
    return next((text for kind, text in names.items() if isinstance(expected, kind)), wording.kind(expected))
