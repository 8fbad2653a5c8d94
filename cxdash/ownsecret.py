"""The secret of an installation that was given none: made once, kept in its home, readable by its owner only.

Without it whoever knows this source could forge what a secret vouches for. In production a secret must be given (`cxdash.config`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cxdash.errors import ConfigError

FILE = "secret.key"
LEAST = 32  # characters


def kept(home: Path) -> tuple[str, ...]:
    """The secret, then former ones that old data may still be sealed under; () where none was made. ConfigError for a damaged file."""
    path = home / FILE
    try:
        lines = path.read_text(encoding="ascii").split()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError) as error:
        raise ConfigError("common.config.own_secret", fix="common.config.own_secret.fix", path=str(path)) from error
    if not lines or len(lines[0]) < LEAST:
        raise ConfigError("common.config.own_secret", fix="common.config.own_secret.fix", path=str(path))
    return tuple(lines)


def make(home: Path, former: Sequence[str] = ()) -> None:
    """Makes the file unless there is one: whole or not at all, and the first of several processes decides. ConfigError where it cannot."""
    path = home / FILE
    draft = home / f".{FILE}-{secrets.token_hex(8)}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write("\n".join((secrets.token_urlsafe(48), *former)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails where there is one already
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not path.exists():
                draft.replace(path)
    except OSError as error:
        raise ConfigError(
            "service.home.unusable", fix="service.home.unusable.fix", folder=str(home), detail=error.strerror or str(error)
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
