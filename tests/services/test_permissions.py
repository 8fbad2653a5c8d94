"""docs/permissions.md, tried: every service × role, a programme outside the scope, and an account that sees some rows only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cxdash.config import ROOT
from cxdash.errors import CxError, NotFound, Refused
from cxdash.services import access, surveys
from cxdash.services.actor import LOCAL, Actor, Permission, RoleName, rows_of
from cxdash.services.deps import Deps
from tests import house
from tests.permissioncalls import CALLS, PARTS, Case, _form
from tests.services import making

ROLES = tuple(role.value for role in RoleName)
YES, NO, MISSING, OWN, ALL = "yes", "–", "not found", "own rows", "all"


def table() -> dict[str, dict[str, str]]:
    """Service -> column -> cell."""
    text = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r"\| `\w+\.\w+` \|", line)]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): dict(zip((*ROLES, "other", "rows"), row[2:9], strict=True)) for row in rows}


TABLE = table()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deps, Path]]:
    """A house with the programmes 가게 (answers, a survey, a saved mapping) and 다른."""
    folder = tmp_path_factory.mktemp("permissions")
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        made = house.build(folder / "home")
        made = replace(made, settings=replace(made.settings, smtp_host="mail.invalid", smtp_from="survey@example.com"))
        making.bring(made, making.write(folder / "a.csv", making.rows(60)), save_as="own")
        making.bring(made, making.write(folder / "b.csv", making.rows(20, seed=2)), program="다른")
        making.write(folder / "new.csv", making.rows(10, first=500))
        surveys.create(made, LOCAL, program="가게", code="s1", form=_form())
        yield made, folder
        house.close(made)


def case(shop: tuple[Deps, Path], actor: Actor, *, exists: bool = True) -> Case:
    deps, folder = shop
    catalog = access.catalog_of(deps, LOCAL, "가게")
    if exists:
        return Case(deps, actor, "가게", catalog, 1, folder)
    return Case(deps, actor, "nowhere", replace(catalog, slug="nowhere", id=99_999), 99_999, folder)


def outcome(name: str, asked: Case) -> tuple[type[CxError] | None, str, object]:
    """What came of it: the error's type, sentence and the names it lists. Anything but an error of ours is the table's own fault."""
    try:
        CALLS[name](asked)
    except CxError as error:
        return type(error), error.key, error.params.get("known")
    except Exception as error:
        raise AssertionError(f"{name} broke") from error
    return None, "", None


def actor_of(role: str, **scope: object) -> Actor:
    """All grants but those of the role are left to other tests."""
    return Actor(role, RoleName(role), **scope)  # type: ignore[arg-type]


def public_services() -> set[str]:
    found = set()
    for path in sorted((ROOT / "cxdash" / "services").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                names = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
                if "actor" in names:
                    found.add(f"{path.stem}.{node.name}")
    return found


def test_every_service_with_an_actor_is_in_the_table() -> None:
    asked = {name for name in public_services() - PARTS if not name.startswith("access.")}
    assert asked == set(TABLE), f"not in docs/permissions.md: {sorted(asked - set(TABLE))}, gone: {sorted(set(TABLE) - asked)}"
    assert set(CALLS) == set(TABLE)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_let_in_or_refused(shop: tuple[Deps, Path], role: str) -> None:
    wrong = []
    for name, cells in TABLE.items():
        found = outcome(name, case(shop, actor_of(role)))
        if (found[0] is not None and issubclass(found[0], Refused)) != (cells[role] == NO):
            wrong.append((name, cells[role], found))
    assert not wrong


def test_a_programme_outside_the_scope_is_answered_like_none(shop: tuple[Deps, Path]) -> None:
    wrong = []
    for name, cells in TABLE.items():
        elsewhere = actor_of("respondent" if cells["admin"] == NO else "admin", programs=("다른",))
        there, nowhere = outcome(name, case(shop, elsewhere)), outcome(name, case(shop, elsewhere, exists=False))
        if cells["other"] == MISSING and not (there == nowhere and there[0] is not None and issubclass(there[0], NotFound)):
            wrong.append((name, there, nowhere))
        if cells["other"] == NO and there[0] is not Refused:
            wrong.append((name, there))
    assert not wrong


def test_an_account_of_some_rows_does_nothing_to_the_whole(shop: tuple[Deps, Path]) -> None:
    wrong = []
    for name, cells in TABLE.items():
        some = actor_of("respondent" if cells["admin"] == NO else "admin", rows=rows_of({"branch": ("강남",)}))
        found = outcome(name, case(shop, some))
        if (found[0] is not None and issubclass(found[0], Refused)) != (cells["rows"] == NO):
            wrong.append((name, cells["rows"], found))
        if cells["rows"] == NO and found[1] != "error.refused.scope":
            wrong.append((name, "the sentence", found))
    assert not wrong


def test_services_get_programmes_and_facts_from_one_place() -> None:
    """A service that asked the store or the registry itself would see past every scope."""
    past = re.compile(
        r"\bdeps\.(?:facts|fixed)\(|\bload_catalog\(|programs\.(?:find_program|list_programs|clock_of)\(|(?<![\w.])find\("
    )
    house_itself = {
        "access.py", "catalog.py", "register.py", "questionnaire.py",  # below: called with the programme's id by those that checked
        "hooks.py", "machines.py", "postman.py", "retention.py", "people.py", "imports.py", "definition.py", "programs.py", "health.py",
        "mine.py", "shares.py", "contacts.py", "sealednames.py",
    }  # fmt: skip
    for path in sorted((ROOT / "cxdash" / "services").glob("*.py")):
        if path.name not in house_itself:
            assert not past.search(path.read_text(encoding="utf-8")), path.name
    for path in sorted((ROOT / "cxdash" / "ui").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\.fixed\(|programs\.catalog_of|\.facts\((?!program_id\)\.version\(\))", source), path.name


def test_grants_are_given_to_the_account(shop: tuple[Deps, Path]) -> None:
    given = actor_of("marketer", grants=frozenset({Permission.SEE_RESPONSES, Permission.MANAGE_ACCOUNTS}))
    assert given.may(Permission.SEE_RESPONSES) and not given.may(Permission.MANAGE_ACCOUNTS)  # no grant makes an administrator
    assert outcome("responses.page", case(shop, actor_of("marketer")))[0] is Refused
    assert outcome("responses.page", case(shop, given))[0] is None
