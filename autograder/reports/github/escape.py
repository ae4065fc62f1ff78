"""Making text of a student's harmless where GitHub shows it.

GitHub works in two steps, and so does this module. First Markdown becomes HTML: `inert` writes every mark as an entity,
which Markdown never takes for structure, and `fenced` puts a text where nothing is structure. Then filters look through
the text of the page for mentions, numbers of issues, commits and addresses; they see an entity as the character it
stands for, so `inert` and `unlinked` part such a word with a space of no width. Code is left alone by both steps.
"""

import re
import unicodedata

REPLACED = "\N{REPLACEMENT CHARACTER}"
GAP = "\N{ZERO WIDTH SPACE}"

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")  # control, format (bidi, zero width, tags), surrogates, private, unassigned
_LIVE = re.compile(
    r"""@(?=\w)             # a person, a team, a mail address, owner/repository@commit
      | \#(?=\w)            # issue 12, in any repository
      | :(?=//)             # an address
      | (?:mailto|xmpp):
      | www(?=\.)
      """,
    re.VERBOSE | re.IGNORECASE,
)
_LIVE_IN_MARKDOWN = re.compile(
    r"""[a-z][-_](?=\d)          # GH-12, and the likes of JIRA-12 that a repository can define
      | :(?=[\w+-])              # :names: of pictures
      | \.(?=[^\W\d_])           # example.org, which some mail programs take for an address
      | [0-9a-f]{6}(?=[0-9a-f])  # a commit
      """,
    re.VERBOSE | re.IGNORECASE,
)
_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_HARMLESS = frozenset(",;/%?'")
_COMMAND = re.compile(r":(?=:)|#(?=#\[)")


class _Seen(dict[int, int]):
    """For `str.translate`: each character, or what stands for it, looked up once."""

    def __missing__(self, point: int) -> int:
        self[point] = ord(REPLACED) if unicodedata.category(chr(point)) in _UNSEEN else point
        return self[point]


_SEEN = _Seen({ord("\n"): ord("\n"), ord("\t"): ord("\t")})


def visible(text: str) -> str:
    """`text` with every character replaced that is not seen (and could reorder, hide or steer); lines end with \\n."""
    return _LINE_ENDS.sub("\n", text).translate(_SEEN)


def one_line(text: str) -> str:
    """`text` on one line, with single spaces, and nothing unseen in it."""
    return " ".join(visible(text).split())


def unlinked(text: str) -> str:
    """`text` in which GitHub finds no mention, no issue and no address; for places that are not Markdown."""
    return _LIVE.sub(_parted, visible(text))


def inert(text: str) -> str:
    """`text` on one line, for Markdown or HTML, tables included: shown as it is, with nothing live in it."""
    parted = _LIVE_IN_MARKDOWN.sub(_parted, unlinked(one_line(text)))
    return _MARK.sub(lambda found: _shown(found[0]), parted)


def _shown(mark: str) -> str:
    """The mark as text. A dollar stands in an element of its own: between two of them GitHub sets formulas."""
    if mark in _HARMLESS:
        return mark
    return "<span>&#36;</span>" if mark == "$" else f"&#{ord(mark)};"


def _parted(found: re.Match[str]) -> str:
    return found[0] + GAP


def code(text: str) -> str:
    """`text` on one line as code, for Markdown outside tables' pipes; marks that could end it are replaced."""
    return f"`{re.sub(r'[`|]', REPLACED, one_line(text)) or ' '}`"


def fenced(text: str) -> str:
    """`text` in a code fence longer than any run of backticks in it, so that it cannot end the fence."""
    text = visible(text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def loggable(text: str) -> str:
    """`text` on one line for the job's log, where ``::name::`` and ``##[name]`` would be commands to the runner."""
    return _COMMAND.sub(r"\g<0> ", one_line(text))
