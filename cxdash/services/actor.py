"""Who asks, and what each role may do. Every use case begins with `require`."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    SEE_RESPONSES = "see_responses"  # single answers and comments
    SAVE_VIEWS = "save_views"  # also pinning a figure
    IMPORT = "import"
    MANAGE_PROGRAM = "manage_program"  # also designing and publishing surveys
    RESPOND = "respond"  # open a link, keep and send one's own answers


_ALLOWED: dict[RoleName, frozenset[Permission]] = {
    RoleName.VIEWER: frozenset({Permission.SEE_FIGURES, Permission.SAVE_VIEWS}),
    RoleName.MARKETER: frozenset({Permission.SEE_FIGURES, Permission.SAVE_VIEWS, Permission.SEE_RESPONSES, Permission.MANAGE_PROGRAM}),
    RoleName.ANALYST: frozenset(
        {Permission.SEE_FIGURES, Permission.SAVE_VIEWS, Permission.SEE_RESPONSES, Permission.IMPORT, Permission.MANAGE_PROGRAM}
    ),
    RoleName.ADMIN: frozenset(Permission),
    RoleName.RESPONDENT: frozenset({Permission.RESPOND}),
}


@dataclass(frozen=True)
class Actor:
    """A person (or the command line) on whose behalf something is done. Equal actors see the same: caches are kept by actor."""

    name: str
    role: RoleName
    programs: tuple[str, ...] | None = None  # slugs of the programmes it may see; None: all
    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()  # attribute -> the values it may see, sorted; every attribute must hold
    account_id: int | None = field(default=None, compare=False)
    address: str = field(default="", compare=False)  # where it asks from, for the audit log only

    def may(self, permission: Permission) -> bool:
        return permission in _ALLOWED[self.role]


# Until accounts exist the app is open on loopback only; whoever sits at the machine is its administrator.
LOCAL = Actor("local", RoleName.ADMIN)

# Whoever came through a link. The token says what they may answer; they see nothing else.
RESPONDENT = Actor("respondent", RoleName.RESPONDENT)


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Refused` when the actor's role does not include the permission."""
    if not actor.may(permission):
        raise Refused("error.refused", role=str(actor.role), permission=str(permission))
