"""How every service is called with an actor, for the permission table: docs/permissions.md says what must come of it.

The arguments reach past the checks and then change nothing that another call stands on: a wrong confirmation, an unknown number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from cxdash.services import (
    accounts, audit, authoring, backup, benchmarks, checkup, collecting, compare, contacts, definition, designing, drivers, fieldwork, gaps,
    history, hooks, imports, intake, invitations, journey, ledger, loyalty, machines, metrics, mine, overview, people, pins, priorities,
    programs, publishing, quality, readout, responses, retention, rotation, sampling, segments, shares, surveys, targets, touchpoints,
    trends, views, weighting, yardsticks,
)  # fmt: skip
from cxdash.services.actor import Actor, RoleName
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.mailtext import Words
from cxdash.services.view import View
from cxdash.services.weighting import Plan
from cxdash.store.people import Who
from cxdash.survey import templates
from cxdash.survey.definition import Definition
from tests.services import making


@dataclass(frozen=True)
class Case:
    """Who asks of which programme. number: of an import, a key …, and a programme of that number, which exist or not."""

    deps: Deps
    actor: Actor
    program: str
    catalog: Catalog
    number: int
    folder: Path

    @property
    def view(self) -> View:
        return View(program=self.program)

    @property
    def who(self) -> Who:
        return Who(self.catalog.id, key="C1")

    @property
    def here(self) -> dict[str, Any]:
        return {"program": self.program, "code": "s1", "wave": "none"}

    @property
    def order(self) -> imports.Order:
        return imports.Order(self.program, "1차", making.mapping(), dry_run=True)

    @property
    def file(self) -> Path:
        return self.folder / "new.csv"

    @property
    def machine(self) -> machines.Machine:
        return machines.Machine(1, "m", self.catalog.id, self.program, frozenset(machines.SCOPES), 60)


def _form() -> Any:
    return templates.start(next(iter(templates.names())), {"ko": "설문", "en": "Survey"})


def _customers() -> contacts.CustomerList:
    return contacts.CustomerList("a.csv", "", 1, (), pl.DataFrame({"row": []}))


def _sketch(c: Case) -> designing.Sketch:
    found = designing.sketch(c.deps, c.actor, program=c.program, code="s1")
    return found


RIGHTS = accounts.Rights(RoleName.VIEWER)
BASE = "https://x.example"
TEMPLATE = next(iter(templates.names()))
SHARES = Plan({"branch": {"강남": 50.0, "부산": 50.0}}, None, False)
DAY = date(2026, 6, 30)
WORDS = Words("제목", "{link} {unsubscribe}")

CALLS: Mapping[str, Callable[[Case], object]] = {
    "accounts.list_accounts": lambda c: accounts.list_accounts(c.deps, c.actor),
    "accounts.invite": lambda c: accounts.invite(c.deps, c.actor, email="no address", rights=RIGHTS),
    "accounts.change_rights": lambda c: accounts.change_rights(c.deps, c.actor, account_id=999, rights=RIGHTS),
    "accounts.disable": lambda c: accounts.disable(c.deps, c.actor, account_id=999),
    "accounts.enable": lambda c: accounts.enable(c.deps, c.actor, account_id=999),
    "accounts.reset": lambda c: accounts.reset(c.deps, c.actor, account_id=999),
    "accounts.drop_second": lambda c: accounts.drop_second(c.deps, c.actor, account_id=999),
    "accounts.end_sessions": lambda c: accounts.end_sessions(c.deps, c.actor, account_id=999),
    "accounts.sessions_of": lambda c: accounts.sessions_of(c.deps, c.actor, account_id=999),
    "audit.entries": lambda c: audit.entries(c.deps, c.actor),
    "audit.export": lambda c: audit.export(c.deps, c.actor),
    "audit.verify": lambda c: audit.verify(c.deps, c.actor),
    "authoring.read": lambda c: authoring.read(c.deps, c.actor, c.file, name="a.csv"),
    "authoring.begin": lambda c: authoring.begin(c.deps, c.actor, program=c.program, code="s", form=_form()),
    "backup.back_up": lambda c: backup.back_up(c.deps, c.actor, c.folder / "nowhere" / "b.cxb"),
    "backup.restore": lambda c: backup.restore(c.deps, c.actor, c.file),
    "benchmarks.benchmarks": lambda c: benchmarks.benchmarks(c.deps, c.actor, view=c.view),
    "benchmarks.list_benchmarks": lambda c: benchmarks.list_benchmarks(c.deps, c.actor, c.catalog),
    "benchmarks.save_benchmark": lambda c: benchmarks.save_benchmark(
        c.deps, c.actor, catalog=c.catalog, metric="nps", name="A", value=1, measured=DAY
    ),
    "benchmarks.delete_benchmark": lambda c: benchmarks.delete_benchmark(c.deps, c.actor, catalog=c.catalog, benchmark_id=999),
    "benchmarks.aim": lambda c: benchmarks.aim(c.deps, c.actor, catalog=c.catalog, benchmark_id=999),
    "checkup.check": lambda c: checkup.check(c.deps, c.actor),
    "collecting.open_link": lambda c: collecting.open_link(c.deps, c.actor, token="none"),
    "collecting.resume": lambda c: collecting.resume(c.deps, c.actor, secret="none", token="none"),
    "collecting.mark_partials": lambda c: collecting.mark_partials(c.deps, c.actor),
    "collecting.unsubscribe": lambda c: collecting.unsubscribe(c.deps, c.actor, token="none"),
    "compare.compare": lambda c: compare.compare(c.deps, c.actor, view=c.view),
    "contacts.look": lambda c: contacts.look(c.deps, c.actor, c.file, name="a.csv"),
    "contacts.preview": lambda c: contacts.preview(c.deps, c.actor, program=c.program, given=_customers()),
    "contacts.save": lambda c: contacts.save(c.deps, c.actor, program=c.program, given=_customers()),
    "contacts.people": lambda c: contacts.people(c.deps, c.actor, program=c.program),
    "contacts.erase": lambda c: contacts.erase(c.deps, c.actor, program=c.program, contact_id=999),
    "contacts.unsubscribe": lambda c: contacts.unsubscribe(c.deps, c.actor, program=c.program, contact_id=999),
    "contacts.save_days": lambda c: contacts.save_days(c.deps, c.actor, program=c.program, cap_days=30, remind_days=7),
    "definition.export": lambda c: definition.export(c.deps, c.actor, program=c.program),
    "definition.load": lambda c: definition.load(c.actor, c.file),
    "definition.free_name": lambda c: definition.free_name(c.deps, c.actor, Definition("demo", {"ko": "데모"})),
    "definition.bring": lambda c: definition.bring(c.deps, c.actor, Definition("demo", {"ko": "데모"}, timezone="No/Where")),
    "designing.begin": lambda c: designing.begin(c.deps, c.actor, program=c.program, title={"ko": "설문"}, template=TEMPLATE),
    "designing.head": lambda c: designing.head(c.deps, c.actor, program=c.program, code="s1"),
    "designing.sketch": lambda c: designing.sketch(c.deps, c.actor, program=c.program, code="s1"),
    "designing.change": lambda c: designing.change(c.deps, c.actor, seen=_sketch(c), edit=lambda form: form),
    "designing.waves_of": lambda c: designing.waves_of(c.deps, c.actor, program=c.program),
    "drivers.drivers_page": lambda c: drivers.drivers_page(c.deps, c.actor, view=c.view),
    "drivers.driver_model": lambda c: drivers.driver_model(c.deps, c.actor, view=c.view, about="none"),
    "drivers.contrasts_page": lambda c: drivers.contrasts_page(c.deps, c.actor, view=c.view),
    "drivers.reliabilities": lambda c: drivers.reliabilities(c.deps, c.actor, view=c.view),
    "fieldwork.fieldwork": lambda c: fieldwork.fieldwork(c.deps, c.actor, **c.here),
    "gaps.gaps": lambda c: gaps.gaps(c.deps, c.actor, view=c.view),
    "history.history": lambda c: history.history(c.deps, c.actor, program=c.program),
    "history.same_file": lambda c: history.same_file(c.deps, c.actor, "0" * 64),
    "history.problems": lambda c: history.problems(c.deps, c.actor, import_id=c.number),
    "history.export_problems": lambda c: history.export_problems(c.deps, c.actor, import_id=c.number),
    "history.undo": lambda c: history.undo(c.deps, c.actor, import_id=c.number),
    "history.problem_count": lambda c: history.problem_count(c.deps, c.actor, import_id=c.number),
    "history.original_rows": lambda c: history.original_rows(
        c.deps, c.actor, c.file, name="a.csv", mapping=making.mapping(), import_id=c.number
    ),
    "hooks.list_hooks": lambda c: hooks.list_hooks(c.deps, c.actor, program=c.program),
    "hooks.add_hook": lambda c: hooks.add_hook(c.deps, c.actor, program=c.program, url="https://hooks.example/x"),
    "hooks.switch_hook": lambda c: hooks.switch_hook(c.deps, c.actor, program=c.program, hook_id=999, on=True),
    "hooks.delete_hook": lambda c: hooks.delete_hook(c.deps, c.actor, program=c.program, hook_id=999),
    "hooks.hook_log": lambda c: hooks.hook_log(c.deps, c.actor, program=c.program, hook_id=999),
    "hooks.test_hook": lambda c: hooks.test_hook(c.deps, c.actor, program=c.program, hook_id=999, send=None),  # type: ignore[arg-type]
    "imports.inspect": lambda c: imports.inspect(c.deps, c.actor, c.file, name="a.csv", program=c.program),
    "imports.commit": lambda c: imports.commit(c.deps, c.actor, c.file, name="a.csv", order=c.order),
    "imports.saved_mapping": lambda c: imports.saved_mapping(c.deps, c.actor, name="own" if c.number == 1 else "none"),
    "intake.targets": lambda c: intake.targets(c.deps, c.actor, machine=c.machine),
    "invitations.status": lambda c: invitations.status(c.deps, c.actor, **c.here),
    "invitations.export": lambda c: invitations.export(c.deps, c.actor, **c.here, base=BASE),
    "invitations.export_reminders": lambda c: invitations.export_reminders(c.deps, c.actor, **c.here, base=BASE),
    "invitations.invite": lambda c: invitations.invite(c.deps, c.actor, **c.here, base=BASE, template={}),  # type: ignore[arg-type]
    "invitations.remind": lambda c: invitations.remind(c.deps, c.actor, **c.here, base=BASE, template={}),  # type: ignore[arg-type]
    "invitations.send_again": lambda c: invitations.send_again(c.deps, c.actor, **c.here, base=BASE, templates={}),
    "invitations.stop": lambda c: invitations.stop(c.deps, c.actor, **c.here),
    "invitations.words_of": lambda c: invitations.words_of(c.deps, c.actor, program=c.program),
    "invitations.save_words": lambda c: invitations.save_words(
        c.deps, c.actor, program=c.program, kind="invite", language="ko", words=WORDS
    ),
    "invitations.send_test": lambda c: invitations.send_test(
        c.deps, c.actor, to="x", base=BASE, template={}, language="ko", name=""  # type: ignore[arg-type]
    ),
    "journey.journey": lambda c: journey.journey(c.deps, c.actor, view=c.view),
    "ledger.draft": lambda c: ledger.draft(c.deps, c.actor, view=c.view),
    "ledger.entries": lambda c: ledger.entries(c.deps, c.actor, catalog=c.catalog, pins=()),
    "loyalty.loyalty": lambda c: loyalty.loyalty(c.deps, c.actor, view=c.view),
    "machines.create_key": lambda c: machines.create_key(c.deps, c.actor, program=c.program, name="k", scopes=[machines.METRICS], rate=60),
    "machines.list_keys": lambda c: machines.list_keys(c.deps, c.actor, program=c.program),
    "machines.revoke_key": lambda c: machines.revoke_key(c.deps, c.actor, program=c.program, key_id=999),
    "metrics.metrics": lambda c: metrics.metrics(c.deps, c.actor, program=c.program),
    "overview.overview": lambda c: overview.overview(c.deps, c.actor, view=c.view),
    "mine.see": lambda c: mine.see(c.deps, c.actor, token="none", secret="none", language="ko"),
    "mine.withdraw": lambda c: mine.withdraw(c.deps, c.actor, token="none", secret="none"),
    "mine.reopen": lambda c: mine.reopen(c.deps, c.actor, token="none", secret="none"),
    "mine.agreed": lambda c: mine.agreed(c.deps, c.actor, form=_form(), language="ko"),
    "people.find": lambda c: people.find(c.deps, c.actor, wanted="C1"),
    "people.held": lambda c: people.held(c.deps, c.actor, who=c.who),
    "people.correct": lambda c: people.correct(c.deps, c.actor, who=c.who, contact={}, attributes={}),
    "people.erase": lambda c: people.erase(c.deps, c.actor, who=Who(c.catalog.id, key="nobody at all"), keep=True),
    "pins.pin": lambda c: pins.pin(c.deps, c.actor, view=c.view, metric="none", name="x"),
    "pins.list_pins": lambda c: pins.list_pins(c.deps, c.actor, catalog=c.catalog, limit=5),
    "pins.rename_pin": lambda c: pins.rename_pin(c.deps, c.actor, catalog=c.catalog, pin_id=999, name="x"),
    "pins.delete_pin": lambda c: pins.delete_pin(c.deps, c.actor, catalog=c.catalog, pin_id=999),
    "priorities.derived_importance": lambda c: priorities.derived_importance(c.deps, c.actor, view=c.view),
    "priorities.priorities": lambda c: priorities.priorities(c.deps, c.actor, view=c.view),
    "programs.list_programs": lambda c: programs.list_programs(c.deps, c.actor),
    "programs.count_responses": lambda c: programs.count_responses(c.deps, c.actor),
    "programs.remove_program": lambda c: programs.remove_program(c.deps, c.actor, program=c.program, confirm="wrong"),
    "programs.add_demo": lambda c: programs.add_demo(c.deps, c.actor),
    "publishing.published": lambda c: publishing.published(c.deps, c.actor, program=c.program),
    "publishing.board": lambda c: publishing.board(c.deps, c.actor, program=c.program, code="none"),
    "publishing.add_links": lambda c: publishing.add_links(c.deps, c.actor, **c.here, made=[publishing.NewLink("a", "channel")]),
    "publishing.switch": lambda c: publishing.switch(c.deps, c.actor, program=c.program, code="s1", link_id=999, closed=True),
    "publishing.remove_link": lambda c: publishing.remove_link(c.deps, c.actor, program=c.program, code="s1", link_id=999),
    "publishing.save_texts": lambda c: publishing.save_texts(c.deps, c.actor, **c.here, texts={}),
    "quality.quality": lambda c: quality.quality(c.deps, c.actor, view=c.view),
    "quality.marked": lambda c: quality.marked(c.deps, c.actor, view=c.view),
    "quality.export_marked": lambda c: quality.export_marked(c.deps, c.actor, view=c.view),
    "quality.save_rules": lambda c: quality.save_rules(c.deps, c.actor, program=c.program, on=quality.KINDS, least={}, speed=1 / 3),
    "readout.readout": lambda c: readout.readout(c.deps, c.actor, program=c.program, query={}),
    "responses.page": lambda c: responses.page(c.deps, c.actor, view=c.view),
    "responses.export_frame": lambda c: responses.export_frame(c.deps, c.actor, view=c.view),
    "retention.outlook": lambda c: retention.outlook(c.deps, c.actor, program=c.program),
    "retention.save_policy": lambda c: retention.save_policy(c.deps, c.actor, program=c.program, policy=retention.Policy(personal=9_999)),
    "retention.purge": lambda c: retention.purge(c.deps, c.actor, dry=True),
    "rotation.rotate": lambda c: rotation.rotate(c.deps, c.actor),
    "sampling.sampling": lambda c: sampling.sampling(c.deps, c.actor, **c.here),
    "segments.segments": lambda c: segments.segments(c.deps, c.actor, view=c.view),
    "shares.create": lambda c: shares.create(c.deps, c.actor, view=c.view, name="x", live=True, days=7, language="ko"),
    "shares.list_shares": lambda c: shares.list_shares(c.deps, c.actor, catalog=c.catalog),
    "shares.revoke": lambda c: shares.revoke(c.deps, c.actor, catalog=c.catalog, share_id=999),
    "surveys.list_surveys": lambda c: surveys.list_surveys(c.deps, c.actor, program=c.program),
    "surveys.create": lambda c: surveys.create(c.deps, c.actor, program=c.program, code="s1", form=_form()),
    "surveys.draft": lambda c: surveys.draft(c.deps, c.actor, program=c.program, code="s1"),
    "surveys.save": lambda c: surveys.save(c.deps, c.actor, program=c.program, code="s1", rev=-1, form=_form()),
    "surveys.published": lambda c: surveys.published(c.deps, c.actor, program=c.program, code="s1"),
    "surveys.changes": lambda c: surveys.changes(c.deps, c.actor, program=c.program, code="s1"),
    "surveys.publish": lambda c: surveys.publish(c.deps, c.actor, program=c.program, code="s1", rev=-1),
    "surveys.close": lambda c: surveys.close(c.deps, c.actor, program=c.program, code="none"),
    "surveys.reopen": lambda c: surveys.reopen(c.deps, c.actor, program=c.program, code="none"),
    "surveys.delete": lambda c: surveys.delete(c.deps, c.actor, program=c.program, code="none"),
    "surveys.set_round": lambda c: surveys.set_round(c.deps, c.actor, **c.here),
    "surveys.add_link": lambda c: surveys.add_link(c.deps, c.actor, **c.here, kind="channel"),
    "targets.list_targets": lambda c: targets.list_targets(c.deps, c.actor, c.catalog),
    "targets.save_target": lambda c: targets.save_target(c.deps, c.actor, catalog=c.catalog, metric="nps", goal=50, due=DAY),
    "targets.delete_target": lambda c: targets.delete_target(c.deps, c.actor, catalog=c.catalog, target_id=999),
    "targets.targets": lambda c: targets.targets(c.deps, c.actor, view=c.view),
    "touchpoints.stage_detail": lambda c: touchpoints.stage_detail(c.deps, c.actor, view=c.view, stage="배송"),
    "trends.trends": lambda c: trends.trends(c.deps, c.actor, view=c.view),
    "views.list_views": lambda c: views.list_views(c.deps, c.actor, catalog=c.catalog),
    "views.save_view": lambda c: views.save_view(c.deps, c.actor, catalog=c.catalog, name=" ", page="overview", query={}),
    "views.delete_view": lambda c: views.delete_view(c.deps, c.actor, catalog=c.catalog, name="none"),
    "weighting.weights": lambda c: weighting.weights(c.deps, c.actor, view=c.view),
    "weighting.save_weighting": lambda c: weighting.save_weighting(c.deps, c.actor, program=c.program, plan=SHARES),
    "weighting.remove_weighting": lambda c: weighting.remove_weighting(c.deps, c.actor, program=c.program),
    "yardsticks.list_yardsticks": lambda c: yardsticks.list_yardsticks(c.deps, c.actor, c.catalog),
    "yardsticks.freeze": lambda c: yardsticks.freeze(
        c.deps, c.actor, catalog=c.catalog, chart="stage:stated", importance=-1.0, performance=0.0, items=()
    ),
    "yardsticks.release": lambda c: yardsticks.release(c.deps, c.actor, catalog=c.catalog, chart="none"),
    "yardsticks.save_standard": lambda c: yardsticks.save_standard(
        c.deps, c.actor, catalog=c.catalog, stage="none", expected=50.0, beyond=75.0
    ),
    "yardsticks.drop_standard": lambda c: yardsticks.drop_standard(c.deps, c.actor, catalog=c.catalog, stage="none"),
}

# Functions with an actor that are no use case: parts of the door, and steps of a use case whose beginning was checked.
PARTS = {
    "actor.require", "audit.record", "audit.exported", "people.go", "pins.shown_to", "responses.questions_of",
    # a respondent's further steps take what `open_link` gave, which nobody else gets
    "collecting.start_visit", "collecting.seen", "collecting.save_page", "collecting.finish", "intake.earlier", "intake.prepare",
}  # fmt: skip
