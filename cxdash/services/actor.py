"""Who asks, and what they may do and see. Every use case begins with `require`; docs/permissions.md is the table that tests try."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from cxdash.errors import Refused


class RoleName(StrEnum):
    VIEWER = "viewer"
    MARKETER = "marketer"
    ANALYST = "analyst"
    ADMIN = "admin"
    RESPONDENT = "respondent"


class Permission(StrEnum):
    SEE_FIGURES = "see_figures"
    SEE_RESPONSES = "see_responses"  # single answers; without it no figure may follow from two others by subtraction
    SEE_COMMENTS = "see_comments"  # what respondents wrote in their own words
    SEE_PERSONAL = "see_personal"  # respondent keys, names, addresses
    SAVE_VIEWS = "save_views"  # also pinning a figure
    SHARE = "share"  # a link to a view for people without an account
    IMPORT = "import"
    MANAGE_PROGRAM = "manage_program"  # also designing and publishing surveys
    HANDLE_PEOPLE = "handle_people"  # find a person, hand over, correct, erase; retention
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_AUDIT = "see_audit"  # the log of what was done
    BACKUP = "backup"
    RESPOND = "respond"  # open a link, keep and send one's own answers


_VIEWER = frozenset({Permission.SEE_FIGURES, Permission.SAVE_VIEWS})
_MARKETER = _VIEWER | {Permission.SHARE, Permission.MANAGE_PROGRAM}
_ALLOWED: dict[RoleName, frozenset[Permission]] = {
    RoleName.VIEWER: _VIEWER,
    RoleName.MARKETER: _MARKETER,
    RoleName.ANALYST: _MARKETER | {Permission.SEE_RESPONSES, Permission.IMPORT},
    RoleName.ADMIN: frozenset(Permission),
    RoleName.RESPONDENT: frozenset({Permission.RESPOND}),
}

# What may be given to an account on top of its role.
GRANTS = frozenset({Permission.SEE_RESPONSES, Permission.SEE_COMMENTS, Permission.SEE_PERSONAL})

# What concerns a programme as a whole: nobody does it who sees only some of its rows …
_WHOLE = frozenset({Permission.IMPORT, Permission.MANAGE_PROGRAM, Permission.HANDLE_PEOPLE})
# … and what concerns the installation: nobody who sees only some programmes.
_HOUSE = frozenset({Permission.MANAGE_ACCOUNTS, Permission.SEE_AUDIT, Permission.BACKUP})

Rows = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Actor:
    """A person (or the command line) on whose behalf something is done. Equal actors see the same: caches are kept by `sight`.

    programs: slugs of the programmes it may see; None: all. rows: attribute -> the values it may see, sorted; every attribute must hold;
    the empty value list lets nothing through. grants: permissions given to this account on top of its role.
    """

    name: str
    role: RoleName
    programs: tuple[str, ...] | None = None
    rows: Rows = ()
    account_id: int | None = field(default=None, compare=False)
    address: str = field(default="", compare=False)  # where it asks from, for the audit log only
    grants: frozenset[Permission] = frozenset()

    def may(self, permission: Permission) -> bool:
        """Whether role and grants include the permission, and no scope takes it away again."""
        return self._given(permission) and not self._narrowed(permission)

    def sees(self, program: str) -> bool:
        """Whether the programme (its slug) is among those it may know of."""
        return self.programs is None or program in self.programs

    @property
    def sight(self) -> Actor:
        """The same rights without the person: what two actors with equal sights are shown is equal. Caches are kept by this."""
        return replace(self, name="", account_id=None, address="", programs=None if self.programs is None else tuple(sorted(self.programs)),
                       rows=rows_of(dict(self.rows)))  # fmt: skip

    def _given(self, permission: Permission) -> bool:
        return permission in _ALLOWED[self.role] or (permission in self.grants and permission in GRANTS)

    def _narrowed(self, permission: Permission) -> bool:
        return (permission in _WHOLE and bool(self.rows)) or (permission in _HOUSE and (bool(self.rows) or self.programs is not None))


def rows_of(allowed: dict[str, tuple[str, ...]]) -> Rows:
    """Attribute -> values in the one form that equal filters share.

    >>> rows_of({"branch": ("B", "A", "B")})
    (('branch', ('A', 'B')),)
    """
    return tuple(sorted((key, tuple(sorted(set(values)))) for key, values in allowed.items()))


# Until accounts exist the app is open on loopback only; whoever sits at the machine is its administrator.
LOCAL = Actor("local", RoleName.ADMIN)

# Whoever came through a link. The token says what they may answer; they see nothing else.
RESPONDENT = Actor("respondent", RoleName.RESPONDENT)


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Refused` when the actor may not: one sentence when it is the role, another when it is the account's scope."""
    if actor.may(permission):
        return
    key = "error.refused.scope" if actor._given(permission) else "error.refused"
    raise Refused(key, role=str(actor.role), permission=str(permission))
