"""Markdown read as GitHub does: by its own cmark-gfm, and by remark with GitHub's mentions and references."""

import json
import re
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from cmarkgfm import cmark

EXTENSIONS = ["table", "autolink", "strikethrough", "tasklist"]  # and no tagfilter: what it would stop is to be seen
OPTIONS = cmark.Options.CMARK_OPT_UNSAFE | cmark.Options.CMARK_OPT_FOOTNOTES | cmark.Options.CMARK_OPT_GITHUB_PRE_LANG
SILENT = {"code", "pre", "a"}  # where GitHub's filters look for no mention and no reference

# What those filters look for in the text of the page, read generously.
LIVE_TEXT = re.compile(
    r"""@[a-z0-9] | \#[0-9] | \bgh-[0-9] | \b[0-9a-f]{7,40}\b | [a-z]:// | \bwww\. | \b(?:mailto|xmpp):\w
      | :[a-z0-9_+-]+: | \b[A-Z]+-[0-9]""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


@dataclass
class Page(HTMLParser):
    """The elements of a page, its text, and what of the text GitHub's filters look through."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    filtered: str = ""
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.text += data
        self.filtered += "\n" if SILENT & set(self._open) else data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.elements if tag == "a"]


def html(markdown: str) -> str:
    """The HTML that cmark-gfm makes of it."""
    return cmark.markdown_to_html_with_extensions(markdown, OPTIONS, EXTENSIONS)


def page(markdown: str) -> Page:
    """The page that cmark-gfm makes of it."""
    read = Page()
    read.feed(html(markdown))
    read.close()
    return read


class Remark:
    """A process of node that parses one text after another."""

    def __init__(self, node_modules: Path) -> None:
        self._node = subprocess.Popen(
            ["node", "remark.mjs"],
            cwd=node_modules.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def nodes(self, markdown: str) -> list[list[str]]:
        """Type and text or address of each node."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(markdown) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def close(self) -> None:
        self._node.stdin.close()  # type: ignore[union-attr]
        self._node.wait(20)
