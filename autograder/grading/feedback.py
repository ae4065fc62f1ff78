"""What a student reads when a test fails: at most twelve lines, with the smallest inputs that show it."""

import inspect
import re

from autograder.gradients import wording
from autograder.gradients.errors import AuthorError, Wrong
from autograder.gradients.functions import Function
from autograder.grading import student as students
from autograder.grading.cures import cure
from autograder.grading.errors import BuiltOnTodo
from autograder.grading.recognise import Mistake
from autograder.grading.student import Call, Student
from autograder.grading.task import Task, Test
from autograder.sandbox.errors import (
    ArgumentChanged,
    BadSignature,
    MissingName,
    StudentRaised,
    Unsendable,
    WorkerDied,
    WorkerTimedOut,
)

AT_FAULT = "this test is at fault, not your answer"
MOST_LINES = 12
WIDTH = 110  # characters of a line
_LOOKS = {"AttributeError", "TypeError", "LookupError", "ValueError"}  # raised where a value is of another kind
_NO_ATTRIBUTE = re.compile(r"'([\w.]+)' object has no attribute '(\w+)'.*", re.DOTALL)
_DATA = ("cure    return numbers, texts, arrays or tensors, or tuples, lists or dicts of them",)


def smallest_call(student: Student, failure: BaseException) -> tuple[str, ...]:
    """What was called, and below it what each function among the arguments computes; empty where nothing was.

    It is the last call of the example that failed, as a student would type it. Where the test looks beside
    the student's code (a probe), it is that look, with what it sees below.

    Hypothesis runs the shrunk example last; where the worker was lost, it is the call at hand.
    """
    call = _last_call(student, failure)
    return _texts_of(student, call) if call is not None else ()


def looked_at(student: Student, failure: BaseException) -> str:
    """What a test looked at when its look failed: "Candle or fit", where a probe raised and no line of the student's.

    Empty where it was anything else that failed.
    """
    call = _last_call(student, failure)
    if call is None or isinstance(call.target, str) or type(failure) is not StudentRaised or failure.line is not None:
        return ""
    names = dict.fromkeys(re.findall(r"\bstudent\.(\w+)", call.target.source))
    called = re.match(r"(\w+)(?:\.\w+)*\(\) ", failure.message)  # "fit() takes 2 positional arguments", by Python
    if not _LOOKS.intersection(failure.types) or (called is not None and called[1] in names):
        return ""
    return " or ".join(names) or "your answer"


def _last_call(student: Student, failure: BaseException) -> Call | None:
    lost = isinstance(failure, WorkerDied | WorkerTimedOut)
    failed = [example for example in students.examples_of(student) if example.failure is not None]
    calls = students.last_calls(student) if lost or not failed else failed[-1].calls
    return calls[-1] if calls else None


def _texts_of(student: Student, call: Call) -> tuple[str, ...]:
    if isinstance(call.target, str):
        name, parameters = call.target, students.parameters_of(student, call.target) or ()
    else:
        name, parameters = call.target.name, tuple(inspect.signature(call.target.function).parameters)[1:]
    known = len(parameters) >= len(call.args)
    arguments = dict(zip(parameters, call.args, strict=False)) | call.kwargs if known else call.args
    functions = [value for value in call.args if isinstance(value, Function) and value.full_text != value.text]
    texts = [wording.call(name, arguments), *(wording.clip(function.full_text) for function in functions)]
    return tuple(texts if isinstance(call.target, str) else [f"the test's own {texts[0]}", *texts[1:]])


def message(
    task: Task, test: Test, failure: BaseException, call: tuple[str, ...], mistake: Mistake | None, looked_at: str = ""
) -> str:
    """The whole text of a failure: headline, claim, call, numbers, likely mistake, how to run it again.

    looked_at: what a look of the test's own failed at, as `looked_at` tells it.
    """
    headline, details = _told(task, failure)
    if looked_at and isinstance(failure, StudentRaised):
        headline = _cannot_use(looked_at, failure)
        details = details or (f"cure    the docstring of {looked_at} says what must come back, and of what kind",)
    lines = [f"{task.id} {headline}", f"  claim   {test.claim}"]
    lines += [f"  {label}{text}" for label, text in zip(("call    ", *["with    "] * len(call)), call, strict=False)]
    lines += [f"  {line}" for line in details]
    if mistake is not None:
        lines.append(f"  likely  {mistake.name}{': ' + mistake.hint if mistake.hint else ''}")
    if see := _section(task, failure, mistake):
        lines.append(f"  lesson  {see}")
    lines.append(f"  again   pytest assignments -k {task.id}")
    if len(lines) > MOST_LINES:
        lines = lines[: MOST_LINES - 2] + lines[-2:]
    return "\n".join(_cut(line) for line in lines)


def _section(task: Task, failure: BaseException, mistake: Mistake | None) -> str:
    """The lesson's section that treats the mistake, or where none is named the task, whose answer is wrong."""
    if mistake is not None:
        return mistake.see
    return task.see if isinstance(failure, AssertionError | ArgumentChanged) else ""


def _cut(line: str) -> str:
    return line if len(line) <= 2 * WIDTH else line[: 2 * WIDTH - 1] + "…"


def _told(task: Task, failure: BaseException) -> tuple[str, tuple[str, ...]]:
    """One sentence about what happened, and lines of detail."""
    match failure:
        case Wrong():
            return failure.headline, failure.lines
        case MissingName():
            return _missing(task, failure), ()
        case StudentRaised():
            return _raised(task, failure), _advice(failure)
        case BuiltOnTodo():
            return str(failure), ()
        case ArgumentChanged():
            return _changed(failure), ()
        case Unsendable():
            return f"what came back cannot be graded: {failure}", _DATA
        case WorkerTimedOut():
            return _slow(failure), ()
        case WorkerDied():
            return f"your code did not come back: {failure.reason}", ()
        case AuthorError():
            return f"{AT_FAULT}: {failure}", ("Please tell your instructor.",)
        case AssertionError():
            return _asserted(failure), ()
        case _:
            told = f"{type(failure).__name__}: {failure}".splitlines()[0]
            return f"{AT_FAULT}: {told}", ("Please tell your instructor.",)


def _asserted(failure: AssertionError) -> str:
    """What a test's plain assert says, without the comparison that pytest writes into it and `grade` has not."""
    told = f"\n{failure}".partition("\nassert ")[0].strip()
    return told or "the claim does not hold"


def _raised(task: Task, raised: StudentRaised) -> str:
    lines = raised.message.strip().splitlines()
    told = f"{raised.types[0]}: {lines[0]}" if lines else raised.types[0]
    if raised.types[0] == "DoneByHand" and lines:
        told = lines[0].removeprefix(f"{task.id} ")
    if isinstance(raised, BadSignature):
        told += f"; yours takes {', '.join(raised.parameters) or 'no argument'}"
    if raised.line is None:
        return told
    return f"{told}  (your line {raised.line}: {raised.code.strip()})"


def _cannot_use(looked_at: str, raised: StudentRaised) -> str:
    """A test's look met another kind of value than it was made for; the student wrote nothing of what failed."""
    told = f"{raised.types[0]}: {(raised.message.strip().splitlines() or [''])[0]}"
    if (found := _NO_ATTRIBUTE.fullmatch(raised.message.strip())) is not None:
        kind = "None" if found[1] == "NoneType" else f"{'an' if found[1][0].lower() in 'aeiou' else 'a'} {found[1]}"
        told = f"it looked for .{found[2]} in {kind}, which has none"
    return f"the test cannot use what {looked_at} gave: {told}"


def _advice(raised: StudentRaised) -> tuple[str, ...]:
    if "SystemExit" in raised.types:
        return ("cure    remove the call that exits: a function returns its answer",)
    advice = cure(raised.message)
    return (f"cure    {advice}",) if advice else ()


def _missing(task: Task, missing: MissingName) -> str:
    told = f"{missing.name} is not defined in your file"
    if missing.similar:
        return f"{told}, but {missing.similar[0]} is; did you mean {missing.name}?"
    return f"{told}; the test calls it by that name."


def _changed(changed: ArgumentChanged) -> str:
    argument = changed.argument if isinstance(changed.argument, str) else f"number {changed.argument + 1}"
    if changed.what == "grad mode":
        return "the grad mode was not put back as it was found"
    what = {"grad": ".grad", "requires_grad": "flag requires_grad"}.get(changed.what, changed.what)
    verb = "were" if changed.what == "values" else "was"
    told = f"the {what} of the argument {argument} {verb} changed"
    return f"{told}; this task must leave what it is given as it was"


def _slow(timed_out: WorkerTimedOut) -> str:
    if timed_out.kind == "cpu":
        return f"stopped after {timed_out.seconds:g} s of CPU time; is there a loop without an end?"
    return f"stopped after {timed_out.seconds:g} s of waiting; does it sleep, or wait for something that never comes?"


def load_failure(path: str, error: BaseException) -> str:
    """One sentence for a file that cannot be loaded: where, what, and what to do."""
    match error:
        case StudentRaised():
            place = f"{path}:{error.line}" if error.line else path
            told = (error.message.strip().splitlines() or [""])[0]
            told = re.sub(r" \([^()]*, line \d+\)$", "", told)  # the place is told already
            return f"{place} cannot be loaded: {error.types[0]}: {told}".rstrip(": ") + _cure(error)
        case WorkerTimedOut():
            return f"{path} cannot be loaded: {_slow(error)}"
        case WorkerDied():
            return f"{path} cannot be loaded: {error.reason}; code outside functions runs when the file is loaded."
    return f"{path} cannot be loaded: {error}"


def _cure(raised: StudentRaised) -> str:
    kinds = set(raised.types)
    if "SyntaxError" in kinds:
        return "; mend that line, the rest of the file waits for it."
    if "ImportError" in kinds:
        return "; use only torch, numpy, matplotlib and the standard library."
    if "SystemExit" in kinds:
        return "; remove the call that exits, a file is loaded before it is tested."
    return "; code outside functions runs when the file is loaded."
