"""Probes: functions of a test that run beside the student's code.

A worker gets a probe's source text and nothing else of the test's module, so a probe may use only builtins,
``torch`` (not in hand tasks), ``np``, the ``student`` and its other arguments.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

GIVEN = frozenset({"torch", "np"})


@dataclass(frozen=True)
class Probe:
    """A function known by its source; called as ``function(student, *args, **kwargs)``."""

    name: str
    source: str
    function: Callable[..., Any]

    def __call__(self, student: Any, *args: Any, **kwargs: Any) -> Any:
        return self.function(student, *args, **kwargs)

    def free_names(self) -> frozenset[str]:
        """Names that the probe needs and would not find beside the student's code."""
        top = symtable.symtable(self.source, f"<probe {self.name}>", "exec")
        needed = {name for table in _tables(top) for name in _globals(table)}
        return frozenset(needed - GIVEN - set(dir(builtins)) - {self.name})


def probe(function: Callable[..., Any]) -> Probe:
    """Make a Probe of a function defined in a file. Raises OSError where its source cannot be found."""
    text = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(text).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise TypeError("@probe goes on a plain function")
    source = "\n".join(text.splitlines()[tree.lineno - 1 : tree.end_lineno]) + "\n"
    return Probe(function.__name__, source, function)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        outermost = table.get_type() == "module"
        if symbol.is_referenced() and (symbol.is_global() or (outermost and not symbol.is_assigned())):
            yield symbol.get_name()
