"""Keys are changed beside people who work, from wherever an earlier attempt was stopped; the command line says how much it was."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cxdash import cli, runtime
from cxdash.config import load_settings
from cxdash.errors import ConfigError, Refused
from cxdash.facts.question import Filter, attribute_name
from cxdash.masking import HIDDEN
from cxdash.services import audit, mine, people, responses, rotation, sealednames
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.store import contacts, sealing, vault
from cxdash.store.database import writing
from tests import house as houses
from tests.services.answering import House, answer, invite, open_house

NEW = "a new key that is long enough for its purpose"


@pytest.fixture
def house(deps: Deps) -> Iterator[House]:
    made = open_house(deps)
    yield made
    vault.use(deps.settings)


def test_everything_is_sealed_anew_after_a_kill_in_the_middle_and_the_former_key_is_then_needless(house: House, monkeypatch) -> None:
    deps, writer = house.deps, Writer(house.deps.engine)
    token = invite(house, "C1")["C1"]
    with writing(deps.engine) as session:
        contacts.save_contacts(session, program_id=house.program_id, rows=[{"key": "C1", "name": "김하나", "email": "hana@example.com"}])
    answer(house, writer, token=token, nps=1, why="비밀")
    for n in range(7):
        answer(house, writer, nps=1, why=f"말 {n}")
    assert writer.stop()
    vault.use(dataclasses.replace(deps.settings, personal_key=f"{NEW},{deps.settings.secret}"))
    real, calls = sealing.reseal, []

    def stopped(*args, **given):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args, **given)

    monkeypatch.setattr(sealing, "reseal", stopped)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(deps, LOCAL, batch=3)
    monkeypatch.setattr(sealing, "reseal", real)
    assert rotation.rotate(deps, LOCAL, batch=3).sealed > 0
    assert rotation.rotate(deps, LOCAL, batch=3).sealed == 0
    vault.use(dataclasses.replace(deps.settings, personal_key=NEW))
    [found] = people.find(deps, LOCAL, wanted="hana@example.com")
    assert people.held(deps, LOCAL, who=found.who).tables["responses"][0]["answers"]["why"] == "비밀"
    assert "비밀" in str(mine.see(deps, Actor("r", RoleName.RESPONDENT), token=token, secret="", language="ko"))
    vault.use(dataclasses.replace(deps.settings, personal_key="yet another key that nobody ever sealed with"))
    with pytest.raises(ConfigError):
        people.held(deps, LOCAL, who=found.who)
    vault.use(dataclasses.replace(deps.settings, personal_key=NEW))
    assert audit.entries(deps, LOCAL, wanted=audit.Wanted(action="personal_key.rotate")).total == 2


def test_an_attribute_that_was_renamed_to_what_is_personal_is_sealed_and_leaves_the_copy(house: House) -> None:
    deps, writer = house.deps, Writer(house.deps.engine)
    answer(house, writer, nps=1)  # the link says which branch
    assert writer.stop()
    assert "강남" in str(deps.facts(house.program_id).count(Filter(), [attribute_name("branch")]))
    with writing(deps.engine) as session:
        session.execute(text("UPDATE question SET wording = :named WHERE code = 'branch'"), {"named": json.dumps({"ko": "성함"})})
    assert sealednames.seal(deps) == 1 and sealednames.seal(deps) == 0
    assert "강남" not in str(deps.facts(house.program_id).count(Filter(), [attribute_name("branch")]))
    with writing(deps.engine) as session:
        assert "강남" not in str(session.execute(text("SELECT attributes FROM response")).all())
    assert responses.page(deps, LOCAL, view=View("shop")).rows[0].attributes["branch"] == "강남"
    hidden = responses.page(deps, Actor("x", RoleName.ANALYST), view=View("shop")).rows[0].attributes["branch"]
    assert hidden == HIDDEN


def test_a_server_with_another_key_does_not_start(tmp_path: Path) -> None:
    vault.use(load_settings({}))  # a test before may have left the keys of its own house
    made = houses.build(tmp_path)
    houses.close(made)
    with pytest.raises(ConfigError) as caught:
        runtime.build(load_settings({"CXDASH_HOME": str(tmp_path), "CXDASH_SECRET": NEW, "CXDASH_DEMO": "0"}))
    vault.use(load_settings({}))
    assert caught.value.key == "store.vault.unknown_key"


def test_only_administrators_change_keys(house: House) -> None:
    with pytest.raises(Refused):
        rotation.rotate(house.deps, Actor("x", RoleName.ANALYST))


@pytest.mark.parametrize(("command", "named"), [(["purge", "--dry-run"], {"dry_run", "programs"}), (["rotate-key"], {"rows", "sealed"})])
def test_both_commands_speak_json(lone: Deps, monkeypatch, capsys, command: list[str], named: set[str]) -> None:
    open_house(lone)
    monkeypatch.setattr(runtime, "_deps", lone)
    assert cli.main([*command, "--json"]) == 0
    assert named | {"format"} == set(json.loads(capsys.readouterr().out))
