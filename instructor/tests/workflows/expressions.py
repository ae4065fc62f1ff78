"""The part of GitHub's expression language that our workflows use; anything beyond it is an error of the test.

Semantics as GitHub documents them: comparison is loose and ignores the case of texts, ``&&`` and ``||`` give one of
their operands, a condition without a status function asks for success() first.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<op>==|!=|&&|\|\||!|\(|\)|,)|'(?P<text>(?:[^']|'')*)'|(?P<number>\d+)|(?P<name>[A-Za-z_][\w.-]*))"
)
_STATUS = re.compile(r"\b(?:always|cancelled|failure|success)\s*\(")
_WHOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_OPEN = ("github.event",)  # what an event lacks is null in them; elsewhere an unknown name is a mistake


class UnknownExpression(Exception):
    """An expression that this subset has not; extend the subset or mend the workflow."""


@dataclass(frozen=True)
class Surroundings:
    """What an expression sees: contexts by name, and how the job or its needs have fared."""

    contexts: Mapping[str, Any]
    status: str = "success"  # or "failure", "cancelled"

    def function(self, name: str) -> Callable[[], bool]:
        """A status function."""
        known = {
            "always": lambda: True,
            "cancelled": lambda: self.status == "cancelled",
            "failure": lambda: self.status == "failure",
            "success": lambda: self.status == "success",
        }
        if name not in known:
            raise UnknownExpression(f"function {name}()")
        return known[name]

    def value(self, path: str) -> Any:
        """What a dotted name stands for. Raises UnknownExpression."""
        found: Any = self.contexts
        for depth, part in enumerate(names := path.split(".")):
            if found is None and path.startswith(_OPEN):
                return None
            if not isinstance(found, Mapping) or part not in found:
                if ".".join(names[:depth]).startswith(_OPEN):
                    return None
                raise UnknownExpression(path)
            found = found[part]
        return found


def evaluate(expression: str, surroundings: Surroundings) -> Any:
    """The value of an expression, without its braces. Raises UnknownExpression."""
    tokens, at, text = [], 0, expression.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnknownExpression(text[at:])
        tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
        at = found.end()
    parser = _Parser(tokens, surroundings)
    value = parser.either()
    if parser.tokens:
        raise UnknownExpression(f"{parser.tokens[0][1]} in {text}")
    return value


def filled(text: str, surroundings: Surroundings) -> str:
    """`text` with each ``${{ }}`` in it replaced by its value as text."""
    return _WHOLE.sub(lambda found: as_text(evaluate(found[1], surroundings)), text)


def holds(condition: str, surroundings: Surroundings) -> bool:
    """Whether an ``if:`` is met; one that names no status function holds only after success."""
    whole = _WHOLE.fullmatch(condition.strip())
    expression = whole[1] if whole else condition
    if not _STATUS.search(expression) and surroundings.status != "success":
        return False
    return truth(evaluate(expression, surroundings))


def truth(value: Any) -> bool:
    """What GitHub takes for true."""
    return value not in (None, False, 0, "")


def as_text(value: Any) -> str:
    """A value as it stands in a text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return bool(left == right)
    return _number(left) == _number(right)  # nan, which equals nothing, where one is no number


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return float("nan")


class _Parser:
    """Recursive descent over the tokens; all operands are evaluated, as none has an effect."""

    def __init__(self, tokens: list[tuple[str, str]], surroundings: Surroundings) -> None:
        self.tokens, self._surroundings = tokens, surroundings

    def either(self) -> Any:
        value = self._both()
        while self._accept("||"):
            other = self._both()
            value = value if truth(value) else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._accept("&&"):
            other = self._compared()
            value = other if truth(value) else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        for operator, wanted in (("==", True), ("!=", False)):
            if self._accept(operator):
                return _equal(value, self._single()) is wanted
        return value

    def _single(self) -> Any:
        if self._accept("!"):
            return not truth(self._single())
        if self._accept("("):
            value = self.either()
            self._demand(")")
            return value
        kind, token = self.tokens.pop(0) if self.tokens else ("", "the end")
        if kind == "text":
            return token.replace("''", "'")
        if kind == "number":
            return int(token)
        if kind != "name":
            raise UnknownExpression(token)
        if token in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token]
        if self._accept("("):
            self._demand(")")
            return self._surroundings.function(token)()
        return self._surroundings.value(token)

    def _accept(self, operator: str) -> bool:
        if self.tokens and self.tokens[0] == ("op", operator):
            self.tokens.pop(0)
            return True
        return False

    def _demand(self, operator: str) -> None:
        if not self._accept(operator):
            raise UnknownExpression(f"{operator} is missing")
