"""What torch's own error texts mean, and what to do: one sentence for each, in the words of the course.

The texts are those of the pinned torch; autograder/tests/grading/test_cures.py provokes each of them.
"""

CURES: dict[str, str] = {
    "element 0 of tensors does not require grad": "backward needs a result computed from a tensor that tracks "
    "gradients; was requires_grad not set, or the graph cut by detach, no_grad or item()?",
    "grad can be implicitly created only for scalar outputs": "this result has several entries, so backward needs "
    "a v of its shape, or a result that is one number",
    "Trying to backward through the graph a second time": "backward frees the graph it has used; run the forward "
    "pass again, or keep the graph with retain_graph=True",
    "a leaf Variable that requires grad is being used in an in-place operation": "a leaf, or a view of one, may "
    "change in place only in a block with torch.no_grad()",
    "has been modified by an inplace operation": "backward needs the values of the forward pass, and one of them was "
    "overwritten; make a new tensor instead",
    "appears to not have been used in the graph": "the result does not depend on this input; allow_unused=True "
    "gives None for it",
    "One of the differentiated Tensors does not require grad": "only a tensor that tracks gradients can be "
    "differentiated by; call requires_grad_() on it before the forward pass",
    "Can't call numpy() on Tensor that requires grad": "numpy() needs a tensor outside the graph: t.detach().numpy()",
    "Only Tensors of floating point": "gradients need floating-point numbers; make the tensor with a decimal "
    "point or dtype=torch.float64",
    "you can only change requires_grad flags of leaf variables": "a result of operations tracks because its inputs "
    "do; detach() gives a copy of the reference that does not",
    "Mismatch in shape: grad_output": "v must have exactly the shape of the result",
    "returned an incorrect number of gradients": "the backward of a Function returns as many values as forward has "
    "inputs (None for those without a gradient)",
    "expected Variable or None": "the backward of a Function returns a tensor or None for each input, side by side "
    "and not in a list",
    "'NoneType' object has no attribute": "something is None here: a .grad that no backward has filled, or the result "
    "of a call that returns nothing (backward does)",
    "unsupported operand type(s) for": "look at which of the two is not a number or tensor; None stands where a "
    ".grad was not filled or a return is missing",
}


def cure(message: str) -> str:
    """What to do about an error with this text; empty where the course has no word on it."""
    if "unsupported operand type(s) for" in message and "NoneType" not in message:
        return ""
    return next((advice for text, advice in CURES.items() if text.lower() in message.lower()), "")
