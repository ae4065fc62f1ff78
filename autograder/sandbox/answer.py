"""A student's file, loaded, and calls into it: what runs beside the student's code in every isolation level.

Requests and replies are wire values (see messages.py). Replies are data, whatever the student's code did.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import inspect
import linecache
import random
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox import standin, wire
from autograder.sandbox.errors import Unsendable
from autograder.sandbox.notation import real_torch

MODULE = "answer"
MAX_MESSAGE = 2000
MAX_CODE = 200
MAX_NAMES = 1000

Reply = tuple[Any, ...]


class Answer:
    """One student's file. ``passes`` are exceptions that are not the student's (Ctrl-C, pdb's quit)."""

    def __init__(
        self, text: str, filename: str, task: str, by_hand: bool, passes: tuple[type[BaseException], ...] = ()
    ) -> None:
        self.text, self.filename, self.task, self.by_hand = text, filename, task, by_hand
        self.passes = passes
        self.module = types.ModuleType(MODULE)
        self.module.__file__ = filename
        if by_hand:
            self.module.__dict__["__builtins__"] = standin.builtins_by_hand()
        self.signatures: dict[int, tuple[Any, inspect.Signature | None]] = {}
        self.probes: dict[str, Callable[..., Any]] = {}
        self.error: Reply | None = None

    def load(self) -> Reply:
        """Run the file. ("loaded", names) or ("raised", ...)."""
        lines = self.text.splitlines(keepends=True)
        linecache.cache[self.filename] = (len(self.text), None, lines, self.filename)
        self.enter()
        standin.refuse(None)
        try:
            if "\0" in self.text:  # Python before 3.11.4 calls this a ValueError
                raise SyntaxError("source code cannot contain null bytes")
            (self.run_statements if self.by_hand else self.run_whole)()
        except self.passes:
            raise
        except BaseException as problem:
            self.error = self.raised(problem)
            return self.error
        return ("loaded", self.names())

    def enter(self) -> None:
        """Make this file the one that ``sys.modules`` knows, as dataclasses and get_type_hints look there."""
        sys.modules[MODULE] = self.module

    def run_whole(self) -> None:
        exec(compile(self.text, self.filename, "exec", dont_inherit=True), self.module.__dict__)

    def run_statements(self) -> None:
        """One top-level statement at a time: one that fails without torch is left out."""
        tree = ast.parse(self.text, self.filename)
        flags = 0
        for statement in tree.body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                for alias in statement.names:
                    flags |= getattr(__future__, alias.name).compiler_flag
            one = ast.Module([statement], [])
            code = compile(one, self.filename, "exec", flags=flags, dont_inherit=True)
            try:
                exec(code, self.module.__dict__)
            except self.passes:
                raise
            except BaseException:
                self.stand_in_for(statement)

    def stand_in_for(self, statement: ast.stmt) -> None:
        """Names that a statement left out would have defined: using one in a call is using torch."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.module.__dict__.setdefault(node.id, standin.StandIn(node.id))
            elif isinstance(node, ast.alias):
                name = node.asname or node.name.partition(".")[0]
                self.module.__dict__.setdefault(name, standin.StandIn(name))

    def names(self) -> list[tuple[str, tuple[str, ...] | None]]:
        found = []
        for name, value in list(self.module.__dict__.items())[:MAX_NAMES]:
            if isinstance(name, str) and not name.startswith("_") and not isinstance(value, types.ModuleType):
                signature = self.signature(value)
                found.append((name, tuple(signature.parameters) if signature else None))
        return found

    def signature(self, value: Any) -> inspect.Signature | None:
        """Of a plain function or a class, else None."""
        if not isinstance(value, types.FunctionType | type):
            return None
        known = self.signatures.get(id(value))
        if known is None or known[0] is not value:
            try:
                known = value, inspect.signature(value)
            except self.passes:
                raise
            except BaseException:
                known = value, None
            self.signatures[id(value)] = known
        return known[1]

    def call(self, name: str, args: bytes, kwargs: bytes, seed: int, may_change: tuple[str, ...]) -> Reply:
        """Call a function of the file with decoded arguments and say what came of it."""
        if self.error is not None:
            return self.error
        if name not in self.module.__dict__:
            return self.missing(name)
        function = self.module.__dict__[name]
        given, given_by_name = wire.receive(args, specs=True), wire.receive(kwargs, specs=True)
        signature = self.signature(function)
        if signature is not None and not _plainly_fits(signature, given.value, given_by_name.value):
            try:
                signature.bind(*given.value, **given_by_name.value)
            except TypeError as problem:
                return self.bad_signature(problem, function, signature, given.value, given_by_name.value)
        watch = _Watch((args, given), (kwargs, given_by_name), signature)
        reply = self.run(lambda: function(*given.value, **given_by_name.value), seed)
        change = watch.change(set(may_change))
        if change is not None and reply[0] != "raised":
            return ("changed", *change)
        return reply

    def probe(self, name: str, source: str, args: bytes, kwargs: bytes, seed: int) -> Reply:
        """Run a probe. It may change its arguments: it is the test's own code."""
        if self.error is not None:
            return self.error
        function = self.probes.get(source)
        if function is None:
            function = self.probes[source] = self.compile_probe(name, source)
        given, given_by_name = wire.receive(args, specs=True), wire.receive(kwargs, specs=True)
        watch = _GradMode()
        reply = self.run(lambda: function(_Names(self), *given.value, **given_by_name.value), seed)
        changed = watch.left()
        return ("changed", "torch", "grad mode") if changed and reply[0] != "raised" else reply

    def compile_probe(self, name: str, source: str) -> Callable[..., Any]:
        names: dict[str, Any] = {"np": np, "__name__": f"probe_{name}"}
        torch = real_torch()
        if torch is not None and not self.by_hand:
            names["torch"] = torch
        exec(compile(source, f"<probe {name}>", "exec", dont_inherit=True), names)
        return names[name]

    def run(self, call: Callable[[], Any], seed: int) -> Reply:
        """("value", bytes), ("raised", ...), ("missing", ...) or ("unsendable", sentence)."""
        self.enter()
        seed_all(seed)
        standin.refuse(self.task or "this task")
        try:
            value = call()
            if type(value) is standin.StandIn:
                raise standin.refusal()
        except self.passes:
            raise
        except _Missing as problem:
            return self.missing(problem.args[0])
        except BaseException as problem:
            return self.raised(problem)
        finally:
            standin.refuse(None)
        try:
            return ("value", wire.encode(value))
        except Unsendable as problem:
            return ("unsendable", problem.what)
        except self.passes:
            raise
        except BaseException as problem:
            return self.raised(problem)

    def missing(self, name: str) -> Reply:
        public = [known for known in self.module.__dict__ if isinstance(known, str) and known[:1] != "_"]
        return ("missing", name, tuple(difflib.get_close_matches(name, public, 3, 0.6)))

    def bad_signature(
        self, problem: TypeError, function: Any, signature: inspect.Signature, args: Any, kwargs: Any
    ) -> Reply:
        code = getattr(function, "__code__", None) or getattr(getattr(function, "__init__", None), "__code__", None)
        line = code.co_firstlineno if code is not None and code.co_filename == self.filename else None
        expected = (f"{len(args)} positional", *map(str, kwargs))
        return ("signature", str(problem)[:MAX_MESSAGE], expected, tuple(signature.parameters), *self.at(line))

    def at(self, line: int | None) -> tuple[int | None, str]:
        return line, linecache.getline(self.filename, line).strip()[:MAX_CODE] if line else ""

    def raised(self, problem: BaseException) -> Reply:
        line = None
        if isinstance(problem, SyntaxError) and problem.filename == self.filename:
            line = problem.lineno if isinstance(problem.lineno, int) else None
        trace = problem.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.filename:
                line = trace.tb_lineno
            trace = trace.tb_next
        names = tuple(str(kind.__name__)[:100] for kind in type(problem).__mro__[:50] if kind is not object)
        return ("raised", names, _text(problem, self.passes), *self.at(line))


def _plainly_fits(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether plain positional arguments fit one to one, which spares the slow ``bind``."""
    return (
        not kwargs
        and len(args) == len(signature.parameters)
        and all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in signature.parameters.values())
    )


class _Missing(BaseException):
    """A probe asked for a name that the file does not define."""


class _Names:
    """``student`` inside a probe."""

    def __init__(self, answer: Answer) -> None:
        object.__setattr__(self, "_answer", answer)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._answer.module.__dict__[name]
        except KeyError:
            raise _Missing(name) from None


class _GradMode:
    """torch's grad mode as found, put back where a call left another."""

    def __init__(self) -> None:
        self.torch = real_torch()
        if self.torch is not None:
            self.found = self.torch.is_grad_enabled()
            self.dtype = self.torch.get_default_dtype()

    def left(self) -> bool:
        if self.torch is None:
            return False
        if self.torch.get_default_dtype() is not self.dtype:
            self.torch.set_default_dtype(self.dtype)
        if self.torch.is_grad_enabled() is self.found:
            return False
        self.torch.set_grad_enabled(self.found)
        return True


class _Watch:
    """Arguments as they were sent, to be compared with what they are after the call."""

    def __init__(
        self,
        positional: tuple[bytes, wire.Received],
        named: tuple[bytes, wire.Received],
        signature: inspect.Signature | None,
    ) -> None:
        self.sent = positional, named
        self.parameters = list(signature.parameters.values()) if signature is not None else []
        self.grad_mode = _GradMode()
        self.modules = [_Module(*pair) for _, received in self.sent for pair in received.modules]

    def change(self, allowed: set[str]) -> tuple[str | int, str] | None:
        """(argument, what) of the first change that is not allowed."""
        if self.grad_mode.left() and "grad mode" not in allowed:
            return "torch", "grad mode"
        built = {id(module.module): module.form for module in self.modules}
        for sent, received in self.sent:
            if _encoded(received.value, built) != sent:
                found = self.find(sent, received.value, built, allowed)
                if found is not None:
                    return found
        for module in self.modules:
            what = module.change()
            if what is not None and what not in allowed:
                return self.holder(module.module), what
        return None

    def find(self, sent: bytes, now: Any, built: dict[int, Any], allowed: set[str]) -> Any:
        before = wire.decode(sent, specs=True)
        pairs = before.items() if isinstance(before, dict) else enumerate(before)
        for key, old in pairs:
            what = _difference(old, now[key], built)
            if what is not None and what not in allowed:
                return self.called(key), what
        return None

    def called(self, key: str | int) -> str | int:
        if isinstance(key, int) and key < len(self.parameters):
            parameter = self.parameters[key]
            return key if parameter.kind is parameter.VAR_POSITIONAL else parameter.name
        return key

    def holder(self, module: Any) -> str | int:
        for _, received in self.sent:
            pairs = received.value.items() if isinstance(received.value, dict) else enumerate(received.value)
            for key, value in pairs:
                if value is module:
                    return self.called(key)
        return "model"


def _encoded(value: Any, built: dict[int, Any]) -> bytes | None:
    try:
        return wire.encode(value, arguments=True, built=built)
    except Unsendable:
        return None


def _difference(old: Any, new: Any, built: dict[int, Any]) -> str | None:
    """What differs between an argument as sent and as it is now: "values", "requires_grad", "grad" or None."""
    if id(new) in built:
        return None
    torch = real_torch()
    if torch is not None and type(old) is torch.Tensor and type(new) is torch.Tensor:
        if _encoded(old.detach(), {}) != _encoded(new.detach(), {}):
            return "values"
        if old.requires_grad is not new.requires_grad or not new.is_leaf:
            return "requires_grad"
        return None if _encoded(old, built) == _encoded(new, built) else "grad"
    if type(old) is type(new) and isinstance(old, list | tuple) and len(old) == len(new):
        return next(filter(None, (_difference(a, b, built) for a, b in zip(old, new, strict=True))), None)
    if type(old) is type(new) and isinstance(old, dict) and list(old) == list(new):
        return next(filter(None, (_difference(old[key], new[key], built) for key in old)), None)
    return None if _encoded(old, built) == _encoded(new, built) else "values"


class _Module:
    """A module given as an argument, with its state as sent."""

    def __init__(self, module: Any, form: list[Any]) -> None:
        self.module, self.form = module, form
        self.before = self.state()

    def state(self) -> dict[str, Any]:
        tensors = [*self.module.named_parameters(), *self.module.named_buffers()]
        return {
            "values": [(name, _encoded(tensor.detach(), {})) for name, tensor in tensors],
            "requires_grad": [tensor.requires_grad for _, tensor in tensors],
            "grad": [_encoded(tensor.grad, {}) for _, tensor in tensors if tensor.is_leaf],
            "training mode": [part.training for part in self.module.modules()],
        }

    def change(self) -> str | None:
        after = self.state()
        return next((what for what in self.before if self.before[what] != after[what]), None)


def seed_all(seed: int) -> None:
    """Seed torch (where loaded), numpy and random."""
    torch = real_torch()
    if torch is not None:
        torch.default_generator.manual_seed(seed)
    np.random.seed(seed % (1 << 32))
    random.seed(seed)


def _text(problem: BaseException, passes: tuple[type[BaseException], ...]) -> str:
    """At most 2000 characters of the exception's text, whatever its ``__str__`` does."""
    try:
        text = str.__getitem__(str(problem), slice(0, MAX_MESSAGE))
        return text.encode("utf-8", "replace").decode("utf-8")
    except passes:
        raise
    except BaseException as failed:
        return f"(its message could not be read: {type(failed).__name__})"
