"""Mutants of a solution: small wrong changes to its syntax tree that the tests must notice.

Only what stands between BEGIN SOLUTION and END SOLUTION is changed.
"""

import ast
import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from instructor.gaps import find_gaps

SWAPPED: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
AXES = ("axis", "dim")


@dataclass(frozen=True)
class Mutant:
    """One mutant: the task whose gap it changes, where, what became of what, and the whole text."""

    task: str
    line: int
    source: str
    change: str
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """Every mutant of the solution `text`, each differing from it in one place. No two have the same text."""
    lines = text.splitlines()
    tree = ast.parse(text)
    seen = {ast.unparse(tree)}
    for gap in find_gaps(text, "solution"):
        for path, node in _nodes(tree, gap.begin, gap.end):
            for change, replacement in _changes(node):
                mutated = ast.unparse(ast.fix_missing_locations(_with(tree, path, replacement)))
                if mutated not in seen and _compiles(mutated):
                    seen.add(mutated)
                    line = node.lineno  # type: ignore[attr-defined]
                    yield Mutant(gap.task, line, lines[line - 1].strip(), change, mutated)


Path = tuple[tuple[str, int | None], ...]


def _nodes(tree: ast.AST, first: int, last: int) -> Iterator[tuple[Path, ast.AST]]:
    """All nodes on lines first..last with the path that leads to each."""

    def walk(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
        line = getattr(node, "lineno", None)
        if line is not None and first <= line <= last:
            yield path, node
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                yield from walk(value, (*path, (name, None)))
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        yield from walk(item, (*path, (name, index)))

    yield from walk(tree, ())


def _with(tree: ast.AST, path: Path, replacement: Any) -> ast.AST:
    """A copy of `tree` with the node at `path` replaced (a list replaces a statement by several, or by pass)."""
    tree = copy.deepcopy(tree)
    parent: Any = tree
    for name, index in path[:-1]:
        parent = getattr(parent, name) if index is None else getattr(parent, name)[index]
    name, index = path[-1]
    if index is None:
        setattr(parent, name, replacement)
    elif isinstance(replacement, list):
        getattr(parent, name)[index : index + 1] = replacement or [ast.Pass()]
    else:
        getattr(parent, name)[index] = replacement
    return tree


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a mutant may well subscript a number
            compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """What can be made of one node: (description, replacement)."""
    for made in _MAKERS.get(type(node), ()):
        for word, replacement in made(node):
            yield f"{word}: {_short(node)} → {_short(replacement)}", replacement


def _short(node: Any) -> str:
    if isinstance(node, list):
        return " ; ".join(_short(part) for part in node) or "nothing"
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return text if len(text) <= 60 else text[:59] + "…"


def _binary(node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    for operator in SWAPPED.get(type(node.op), ()):
        yield "operator swapped", ast.BinOp(node.left, operator(), node.right)
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.MatMult | ast.Pow):
        yield "term dropped", node.left
        yield "term dropped", node.right
    if isinstance(node.op, ast.MatMult):
        yield "operands swapped", ast.BinOp(node.right, node.op, node.left)
        yield "transpose added", ast.BinOp(_transposed(node.left), node.op, node.right)
        yield "transpose added", ast.BinOp(node.left, node.op, _transposed(node.right))


def _transposed(node: ast.expr) -> ast.expr:
    return ast.Attribute(node, "T", ast.Load())


def _unary(node: ast.UnaryOp) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node.op, ast.USub):
        yield "sign flipped", node.operand
    if isinstance(node.op, ast.Not):
        yield "condition flipped", node.operand


def _constant(node: ast.Constant) -> Iterator[tuple[str, ast.expr]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant changed", ast.Constant(not value)
    elif isinstance(value, int | float):
        for other in (value + 1, value - 1 if value else -1):
            yield "constant changed", ast.Constant(other)


def _attribute(node: ast.Attribute) -> Iterator[tuple[str, ast.expr]]:
    if node.attr in ("T", "mT", "H", "mH"):
        yield "transpose dropped", node.value


def _call(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for index, keyword in enumerate(node.keywords):
        rest = [*node.keywords[:index], *node.keywords[index + 1 :]]
        yield "keyword dropped", ast.Call(node.func, node.args, rest)
        if keyword.arg in AXES and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, int):
            other = ast.keyword(keyword.arg, ast.Constant(1 if keyword.value.value == 0 else 0))
            swapped = [*node.keywords[:index], other, *node.keywords[index + 1 :]]
            yield "axis changed", ast.Call(node.func, node.args, swapped)
    if isinstance(node.func, ast.Attribute) and not node.keywords:
        yield "call dropped", node.func.value
    elif len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield "call dropped", node.args[0]


def _compare(node: ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    other = COMPARED.get(type(node.ops[0]))
    if other is not None and len(node.ops) == 1:
        yield "comparison changed", ast.Compare(node.left, [other()], node.comparators)


def _condition(node: ast.If | ast.IfExp | ast.While) -> Iterator[tuple[str, Any]]:
    flipped = copy.copy(node)
    flipped.test = ast.UnaryOp(ast.Not(), node.test)
    yield "condition flipped", flipped


def _bool_op(node: ast.BoolOp) -> Iterator[tuple[str, ast.expr]]:
    yield "and/or swapped", ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)


def _statement(node: ast.stmt) -> Iterator[tuple[str, Any]]:
    yield "statement removed", []


def _with_block(node: ast.With) -> Iterator[tuple[str, Any]]:
    yield "context removed", node.body


def _augmented(node: ast.AugAssign) -> Iterator[tuple[str, Any]]:
    target = copy.copy(node.target)
    loaded = ast.parse(ast.unparse(target), mode="eval").body
    yield "new object", ast.Assign([target], ast.BinOp(loaded, node.op, node.value))
    for operator in SWAPPED.get(type(node.op), ()):
        yield "operator swapped", ast.AugAssign(node.target, operator(), node.value)
    yield "statement removed", []


def _assign(node: ast.Assign) -> Iterator[tuple[str, Any]]:
    value = node.value
    if isinstance(value, ast.BinOp) and ast.unparse(value.left) == ast.unparse(node.targets[0]):
        yield "in place", ast.AugAssign(node.targets[0], value.op, value.right)  # type: ignore[arg-type]


def _return(node: ast.Return) -> Iterator[tuple[str, Any]]:
    if node.value is not None and not isinstance(node.value, ast.Tuple | ast.Dict | ast.List | ast.Constant):
        yield "sign flipped", ast.Return(ast.UnaryOp(ast.USub(), node.value))
    if isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
        yield "order changed", ast.Return(ast.Tuple(list(reversed(node.value.elts)), ast.Load()))


_MAKERS: dict[type, tuple[Any, ...]] = {
    ast.BinOp: (_binary,),
    ast.UnaryOp: (_unary,),
    ast.Constant: (_constant,),
    ast.Attribute: (_attribute,),
    ast.Call: (_call,),
    ast.Compare: (_compare,),
    ast.If: (_condition,),
    ast.IfExp: (_condition,),
    ast.BoolOp: (_bool_op,),
    ast.Expr: (_statement,),
    ast.With: (_with_block,),
    ast.AugAssign: (_augmented,),
    ast.Assign: (_assign,),
    ast.Return: (_return,),
}
