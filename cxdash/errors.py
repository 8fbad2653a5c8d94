"""Every error cxdash raises on purpose. One tree, drawn here:

CxError                     a sentence in the user's language: key + parameters
├─ ConfigError              settings that cannot work
├─ NotFound                 the named thing does not exist (parameters list what does)
├─ Conflict                 it exists already, or changed meanwhile
├─ Refused                  the actor may not do this
├─ StatsError               a statistic asked for where it is undefined by contract (wrong weights, unlike scales …)
├─ Cancelled                the user stopped a long task
├─ Unavailable              the database cannot take it now (locked, full, gone): nothing was stored, trying again is right
└─ FileError                a file that cannot be read, with file, sheet, row, column where known
   ├─ FilePassword  ├─ FileDamaged   ├─ FileUnsupported  ├─ FileTooLarge
   ├─ FileTooSlow   ├─ FileNoTable   ├─ FileAggregate    └─ FileMapping (the mapping does not fit the file)

`key` names a message in cxdash/locales; `fix`, when not empty, a second message that says how to mend it.
Only the edges (pages, cli) turn a key into words.
"""

from __future__ import annotations

from typing import ClassVar


class CxError(Exception):
    """Base of the tree. `key` and `params` are the message; str(error) is for logs only."""

    default: ClassVar[str] = "error.unexpected"

    def __init__(self, key: str | None = None, *, fix: str = "", **params: object) -> None:
        self.key = key or self.default
        self.fix = fix
        self.params = params
        super().__init__(f"{self.key} {params}" if params else self.key)


class ConfigError(CxError):
    default = "error.config"


class NotFound(CxError):
    default = "error.not_found"


class Conflict(CxError):
    default = "error.conflict"


class Refused(CxError):
    default = "error.refused"


class StatsError(CxError):
    default = "error.stats"


class Cancelled(CxError):
    default = "error.cancelled"


class Unavailable(CxError):
    default = "error.unavailable"


class FileError(CxError):
    default = "error.file.damaged"


class FilePassword(FileError):
    default = "error.file.password"


class FileDamaged(FileError):
    default = "error.file.damaged"


class FileUnsupported(FileError):
    default = "error.file.unsupported"


class FileTooLarge(FileError):
    default = "error.file.too_large"


class FileTooSlow(FileError):
    default = "error.file.too_slow"


class FileNoTable(FileError):
    default = "error.file.no_table"


class FileAggregate(FileError):
    default = "error.file.aggregate"


class FileMapping(FileError):
    default = "error.file.mapping"
