"""What every page of this project keeps to: it is one file that asks for nothing, and what others wrote is text."""

import base64
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.sandbox.messages import shown

_KEPT = "\n\t\u00a0\u3000\u200c\u200d"  # spaces and joiners that names are written with


def pages_of(package: str) -> Environment:
    """The templates of a package. Every value in them is escaped; control and direction marks are told, not done."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(value: object) -> object:
    return value if isinstance(value, Markup) else shown(str(value), _KEPT)


def size(text: str) -> int:
    """How many bytes a text takes on a page."""
    return len(escape(_finalize(text)).encode())


def source(pages: Environment, name: str) -> str:
    """The text of a template as it stands: a style, a script."""
    assert pages.loader is not None
    return pages.loader.get_source(pages, name)[0]


def allowed(text: str) -> str:
    """The source of an inline style or script in a Content-Security-Policy: https://www.w3.org/TR/CSP3/#grammardef-hash-source"""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
