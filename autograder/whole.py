"""A file is written whole, or what was there stays: also where the disk is full or the command is killed."""

import contextlib
import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path`, by a file beside it that takes its place. What is no regular file is written to.

    Raises OSError with the name of `path`, and leaves nothing beside it.
    """
    if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):  # /dev/stdout, a pipe
        path.write_bytes(data)
        return
    place = path.resolve()  # a link stays a link
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            beside.chmod(place.stat().st_mode & 0o7777)
        os.replace(beside, place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        beside.unlink(missing_ok=True)
