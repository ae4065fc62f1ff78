"""A student's value, decoded but not trusted: is it of the kind, shape and dtype that was asked for?"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from autograder.gradients import evidence, wording
from autograder.gradients.errors import Wrong, WrongType


def as_like(
    claimed: Any,
    like: Any,
    name: str,
    *,
    shape: tuple[int, ...] | None = None,
    finite: bool = True,
    expected: np.ndarray | None = None,
) -> np.ndarray:
    """`claimed` as a float64 array, after checking that it is what `like` is.

    like: a tensor (a plain tensor of its dtype is asked for), an array (float64; a NumPy scalar or float
    counts as 0-dim; zeros of a whole-number dtype are zeros) or a float (a whole number counts as one).
    shape: the one asked for, where it is not that of `like`. expected: told beside a value that is not finite.
    Raises WrongType for another type, Wrong for another shape or dtype, or for values that are not finite.
    """
    if shape is None:
        shape = tuple(getattr(like, "shape", ()))
    if isinstance(like, torch.Tensor):
        array = _from_tensor(claimed, shape, like.dtype, name)
    elif isinstance(like, np.ndarray) or shape:
        array = _from_array(claimed, shape, name)
    else:
        array = _from_float(claimed, name)
    if finite and not np.isfinite(array).all():
        raise _not_finite(array, name, expected)
    return array


def several(claimed: Any, names: tuple[str, ...], what: str = "the result") -> tuple[Any, ...]:
    """`claimed` as a tuple of as many values as there are names; a list will do."""
    if not isinstance(claimed, tuple | list):
        raise WrongType(f"{returned(claimed)}; a tuple is expected: {', '.join(names)}")
    if len(claimed) != len(names):
        count = "1 value" if len(claimed) == 1 else f"{len(claimed)} values"
        raise Wrong(f"{count} came back; {len(names)} are expected: {', '.join(names)}")
    return tuple(claimed)


def returned(claimed: Any) -> str:
    if claimed is None:
        return "None came back (is a return missing?)"
    return f"{wording.kind(claimed)} came back"


def _from_tensor(claimed: Any, shape: tuple[int, ...], dtype: torch.dtype, name: str) -> np.ndarray:
    if type(claimed) not in (torch.Tensor, torch.nn.Parameter):
        raise WrongType(f"{returned(claimed)}; {name} must be a torch.Tensor")
    if claimed.layout != torch.strided or claimed.device.type != "cpu":
        raise WrongType(f"{name} must be an ordinary dense tensor on the CPU")
    check_shape(tuple(claimed.shape), shape, name)
    if claimed.dtype != dtype:
        raise wrong_dtype(name, claimed.dtype, dtype)
    return claimed.detach().resolve_conj().resolve_neg().to(torch.float64).numpy()


def _from_array(claimed: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    scalar = isinstance(claimed, float | np.generic) and not isinstance(claimed, np.bool_ | np.void)
    if not (type(claimed) is np.ndarray or (scalar and shape == ())):
        raise WrongType(f"{returned(claimed)}; {name} must be a NumPy array of shape {shape}")
    array = np.asarray(claimed)
    check_shape(array.shape, shape, name)
    if array.dtype not in (np.float64, np.longdouble) and (array.dtype.kind not in "iu" or array.any()):
        raise wrong_dtype(name, array.dtype, np.dtype(np.float64))
    return _double(array)


def _from_float(claimed: Any, name: str) -> np.ndarray:
    if isinstance(claimed, float | int | np.integer) and not isinstance(claimed, bool):
        try:
            return np.array(float(claimed))  # 0 from a sum over nothing is as good as 0.0
        except OverflowError:
            return np.array(np.inf)
    # By hand, what NumPy makes of a scalar counts as one: a 0-dim array, a longdouble.
    if evidence.by_hand() is not False and isinstance(claimed, np.ndarray | np.longdouble):
        array = np.asarray(claimed)
        if array.shape == () and array.dtype in (np.float64, np.longdouble):
            return _double(array)
    short = isinstance(claimed, np.floating)
    raise WrongType(f"{returned(claimed)}; {name} must be a float" + (" in double precision" if short else ""))


def _double(array: np.ndarray) -> np.ndarray:
    """In double precision; of a longdouble that is too large for it, infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(np.float64)


def check_shape(claimed: tuple[int, ...], expected: tuple[int, ...], name: str) -> None:
    """Raise Wrong, with both shapes, where they are not equal."""
    if claimed != expected:
        raise Wrong(
            f"{name} has the wrong shape",
            (f"shape: yours {tuple(claimed)}, expected {tuple(expected)}",),
        )


def wrong_dtype(name: str, claimed: Any, expected: Any) -> Wrong:
    mine, right = (str(dtype).removeprefix("torch.") for dtype in (claimed, expected))
    return Wrong(f"{name} has the wrong dtype", (f"dtype: yours {mine}, expected {right}",))


def _not_finite(array: np.ndarray, name: str, expected: np.ndarray | None) -> Wrong:
    where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    what = "NaN" if np.isnan(array[where]) else "infinite"
    return Wrong(
        f"{name} is not finite",
        (f"{wording.index('yours', where)} is {what}; {_asked(expected, where)} is expected",),
    )


def _asked(expected: np.ndarray | None, where: tuple[int, ...]) -> str:
    return "a finite number" if expected is None else wording.number(float(expected[where]), 6)


def bare(claimed: Any) -> Any:
    """`claimed` as float64 arrays for recognising a mistake, whatever its shape.

    None where it holds anything but numbers, or more of them one by one than a mistake could be recognised in.
    """
    return _bare(claimed, iter(range(_PARTS)))


_PARTS = 10_000  # a history of 1,000 steps of some values each is long; a hostile answer has 500,000
_ENTRIES = 1 << 20  # of an array, which takes up to eight times its size in double precision


def _bare(claimed: Any, left: Iterator[int]) -> Any:
    if next(left, None) is None:
        return None
    if isinstance(claimed, dict):
        claimed = [claimed[key] for key in sorted(claimed, key=str)]
    if isinstance(claimed, tuple | list):
        parts = []
        for item in claimed:
            if (part := _bare(item, left)) is None:
                return None
            parts.append(part)
        return tuple(parts)
    if (claimed.numel() if isinstance(claimed, torch.Tensor) else np.size(claimed)) > _ENTRIES:
        return None
    if type(claimed) in (torch.Tensor, torch.nn.Parameter):
        dense = claimed.layout == torch.strided and claimed.device.type == "cpu" and not claimed.is_complex()
        claimed = claimed.detach().resolve_neg().double().numpy() if dense else None
    if isinstance(claimed, np.ndarray | np.number | float | int) and not isinstance(claimed, bool):
        array = np.asarray(claimed)
        return _double(array) if array.dtype.kind in "fiu" else None
    return None
