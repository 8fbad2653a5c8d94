"""What respondents and machines send, stored many at a time in one transaction.

One group is one transaction with one tick of the clock per programme; the clock's row is taken first, in the order of programmes, so
that groups of several processes follow one another and none counts a quota or stores a visit that another is just finishing.
What makes a second response impossible: a visit that is finished stays finished, and its key is the respondent of its response.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.store import arrivals, direct, keys, links, programs, surveys, visits, webhooks
from cxdash.store.arrivals import Row
from cxdash.store.keyed import Personal
from cxdash.store.surveys import Cell


@dataclass(frozen=True)
class Visitor:
    """Which visit a submission belongs to: the one of this cookie or invitation, else a new one with these values."""

    secret_hash: str
    key: str
    version_id: int
    link_id: int
    invitation_id: int | None
    language: str
    device: str
    started_at: datetime
    consent: str = ""  # hash of the words agreed to when it started


@dataclass(frozen=True)
class Said:
    """A coded response: documents as imports store them. codes: question codes and attribute keys the questionnaire governs."""

    program_id: int
    wave_id: int
    source: str
    attributes: Mapping[str, str]
    answers: Mapping[str, Any]
    codes: tuple[str, ...]
    at: datetime
    respondent: str | None = None  # None: the visit's key
    personal: Personal = ()  # attributes that are sealed


@dataclass(frozen=True)
class Seen:
    """A first page was asked for."""

    link_id: int
    invitation_id: int | None
    at: datetime


@dataclass(frozen=True)
class Save:
    """The draft after a page: all answers so far, by field."""

    visitor: Visitor
    answers: Mapping[str, Any]
    at_page: str
    reached: str
    at: datetime


@dataclass(frozen=True)
class Finish:
    """The end of a visit. answers: the draft, kept when the quota turns out to be full."""

    visitor: Visitor
    said: Said
    answers: Mapping[str, Any]
    reached: str
    round_id: int | None = None
    quota: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Post:
    """A response sent by a machine. request: (API key's id, idempotency key, hash of the body), or None."""

    said: Said
    request: tuple[int, str, str] | None = None


Item = Seen | Save | Finish | Post


@dataclass(frozen=True)
class Outcome:
    """state: seen, started, finished, over (the quota is full). repeated: it was finished before, this is the same response."""

    state: str
    response_id: int | None = None
    key: str = ""
    repeated: bool = False


@dataclass
class _Way:
    """A visit while its group is worked on. response: the respondent key of what is to be stored."""

    fields: dict[str, Any]
    new: bool
    changed: bool = False
    finish: Finish | None = None

    @property
    def respondent(self) -> str:
        said = self.finish.said if self.finish else None
        return (said and said.respondent) or self.fields["key"]


@dataclass
class _Group:
    """Everything of one transaction."""

    ways: dict[str, _Way] = field(default_factory=dict)  # by secret_hash
    invited: dict[int, _Way] = field(default_factory=dict)  # by invitation
    room: dict[int, dict[str, int]] = field(default_factory=dict)  # round -> segment -> responses so far
    more: dict[int, Counter[str]] = field(default_factory=dict)

    def way(self, visitor: Visitor) -> _Way:
        found = self.ways.get(visitor.secret_hash) or self.invited.get(visitor.invitation_id or -1)
        if found is None:
            found = self.add(_Way(_fields(visitor), new=True))
        return found

    def add(self, way: _Way) -> _Way:
        self.ways[way.fields["secret_hash"]] = way
        if way.fields["invitation_id"] is not None:
            self.invited[way.fields["invitation_id"]] = way
        return way


_SAVED = ("answers", "at_page", "reached", "state", "language", "updated_at", "finished_at", "seconds", "response_id")


def store(session: Session, items: Sequence[Item]) -> list[Outcome]:
    """Stores a group, in the session's transaction; the outcome of each in its place. Any error means that none of it is stored."""
    _ahead(session, items)
    versions = {key: programs.tick(session, program_id=key) for key in _programs(items)}
    group = _loaded(session, items)
    finals: list[_Way | Outcome] = [_applied(group, item) for item in items]
    posts = _posts(session, items)
    with direct.together(session):
        ids = _responses(session, [w for w in group.ways.values() if w.finish], posts.new, versions)
        for way in group.ways.values():
            if way.finish is not None:
                way.fields["response_id"] = ids[_place(way.finish.said, way.respondent)]
        visits.add_many(session, [way.fields for way in group.ways.values() if way.new])
    _write(session, group)
    _seen(session, [item for item in items if isinstance(item, Seen)])
    done = posts.finished(session, ids)
    _tell(session, items, ids)
    return [_outcome(item, final, posts, done, place) for place, (item, final) in enumerate(zip(items, finals, strict=True))]


_STORING = (Finish, Post)  # a tuple: asked of every item several times, and a union takes ten times as long to ask


def _programs(items: Sequence[Item]) -> list[int]:
    """Whose clocks tick, in order."""
    return sorted({item.said.program_id for item in items if isinstance(item, _STORING)})


def _ahead(session: Session, items: Sequence[Item]) -> None:
    """What the usual group will be asking, asked in one go: the clocks tick first, and nobody changes the rest after them."""
    asked = [programs.ticking(key) for key in _programs(items)]
    if whose := _whose(items):
        asked.append(visits.asked(session, **whose))
    finishes: dict[tuple[int, int], list[str]] = {}
    for item in items:
        if isinstance(item, Finish):
            finishes.setdefault((item.said.program_id, item.said.wave_id), []).append(item.said.respondent or item.visitor.key)
    if len(finishes) == 1:  # of several, the second would have to know what the first has stored
        [((program_id, wave_id), respondents)] = finishes.items()
        asked += arrivals.asked(session, program_id=program_id, wave_id=wave_id, respondents=respondents)
    asked += [webhooks.asked(key) for key in _programs(items)]
    direct.ahead(session, asked, {"response": sum(map(len, finishes.values()))})


def _whose(items: Sequence[Item]) -> dict[str, Any]:
    """The cookies and invitations of a group, as visits are asked for."""
    visitors = [item.visitor for item in items if isinstance(item, (Save, Finish))]
    if not visitors:
        return {}
    invitations = sorted({v.invitation_id for v in visitors if v.invitation_id is not None})
    return {"secret_hashes": sorted({v.secret_hash for v in visitors}), "invitation_ids": invitations}


def _loaded(session: Session, items: Sequence[Item]) -> _Group:
    group = _Group()
    if whose := _whose(items):
        for row in visits.locked(session, **whose):
            group.add(_Way(row, new=False))
    rounds = sorted({i.round_id for i in items if isinstance(i, Finish) and i.round_id is not None and i.quota})
    group.room = surveys.counted(session, round_ids=rounds) if rounds else {}
    return group


def _fields(visitor: Visitor) -> dict[str, Any]:
    return {
        "survey_version_id": visitor.version_id, "link_id": visitor.link_id, "invitation_id": visitor.invitation_id, "key": visitor.key,
        "secret_hash": visitor.secret_hash, "answers": {}, "at_page": "", "reached": "", "state": visits.STARTED,
        "language": visitor.language, "device": visitor.device, "started_at": visitor.started_at, "updated_at": visitor.started_at,
        "finished_at": None, "seconds": None, "response_id": None,
        "consent_hash": visitor.consent or None, "consent_at": visitor.started_at if visitor.consent else None,
    }  # fmt: skip


def _applied(group: _Group, item: Item) -> _Way | Outcome:
    """The item's effect on its visit, in memory."""
    if isinstance(item, Seen):
        return Outcome("seen")
    if isinstance(item, Post):
        return Outcome("finished")
    way = group.way(item.visitor)
    if way.fields["state"] == visits.FINISHED:
        return way
    at = item.at if isinstance(item, Save) else item.said.at
    way.fields |= {"answers": dict(item.answers), "reached": item.reached, "language": item.visitor.language, "updated_at": at}
    way.changed = True
    if isinstance(item, Save):
        way.fields |= {"at_page": item.at_page, "state": visits.STARTED}
        return way
    if _full(group, item):
        way.fields |= {"state": visits.OVER}
        return way
    seconds = max(0, round((at - way.fields["started_at"]).total_seconds()))
    way.fields |= {"state": visits.FINISHED, "finished_at": at, "seconds": seconds, "answers": {}}
    way.finish = item
    return way


def _full(group: _Group, item: Finish) -> bool:
    """Whether a cell of the quota that this response belongs to is full; else the response takes its places."""
    mine = [cell for cell in item.quota if cell.holds(item.said.attributes)]
    if item.round_id is None or not mine:
        return False
    room, more = group.room.setdefault(item.round_id, {}), group.more.setdefault(item.round_id, Counter())
    if any(room.get(cell.segment, 0) + more[cell.segment] >= cell.n for cell in mine):
        return True
    more.update(cell.segment for cell in mine)
    return False


_Place = tuple[int, int, str]  # programme, wave, respondent


def _place(said: Said, respondent: str) -> _Place:
    return said.program_id, said.wave_id, respondent


def _responses(
    session: Session, ways: Iterable[_Way], posts: Sequence[tuple[Said, str]], versions: Mapping[int, int]
) -> dict[_Place, int]:
    """Stores the responses; place -> id."""
    given = [(way.finish.said, way.respondent) for way in ways if way.finish] + list(posts)
    parts: dict[tuple[int, int, str, tuple[str, ...], Personal], list[tuple[Said, str]]] = {}
    for said, respondent in given:
        parts.setdefault((said.program_id, said.wave_id, said.source, said.codes, said.personal), []).append((said, respondent))
    ids: dict[_Place, int] = {}
    for (program_id, wave_id, source, codes, personal), part in parts.items():
        rows = [Row(respondent, said.at, said.attributes, said.answers) for said, respondent in part]
        found = arrivals.put(
            session, program_id=program_id, wave_id=wave_id, source=source, ver=versions[program_id], codes=codes, rows=rows,
            personal=personal,
        )  # fmt: skip
        ids |= {(program_id, wave_id, row.respondent): number for row, number in zip(rows, found, strict=True)}
    return ids


def _write(session: Session, group: _Group) -> None:
    ways = [way for way in group.ways.values() if way.new or way.changed]
    visits.save_many(session, [{"key": w.fields["key"], **{name: w.fields[name] for name in _SAVED}} for w in ways if not w.new])
    answered = [(w.fields["invitation_id"], w.fields["finished_at"], w.fields["response_id"]) for w in ways if w.finish]
    visits.finish_invitations(session, sorted(one for one in answered if one[0] is not None))
    for round_id, segments in sorted(group.more.items()):
        surveys.bump(session, round_id=round_id, segments=segments)


def _seen(session: Session, items: Sequence[Seen]) -> None:
    if items:
        links.bump_opened(session, Counter(item.link_id for item in items))
        personal = [item.invitation_id for item in items if item.invitation_id is not None]
        visits.open_invitations(session, ids=personal, at=min(item.at for item in items))


def _tell(session: Session, items: Sequence[Item], ids: Mapping[_Place, int]) -> None:
    for program_id in _programs(items):
        webhooks.tell(session, program_id=program_id, response_ids=[key for place, key in ids.items() if place[0] == program_id])


@dataclass
class _Posts:
    """Machines' responses of a group: those stored before by their idempotency key, and the new ones."""

    before: dict[tuple[int, str], keys.Before]
    new: list[tuple[Said, str]]
    respondents: dict[int, str]  # number of the item -> respondent of the new response
    requests: dict[tuple[int, str], tuple[str, str, Said]]  # (key, idempotency key) -> hash, respondent, said

    def finished(self, session: Session, ids: Mapping[_Place, int]) -> Mapping[tuple[int, str] | str, int | None]:
        """What became of each, by idempotency key or respondent."""
        rows = [(key, word, digest, ids[_place(said, who)]) for (key, word), (digest, who, said) in self.requests.items()]
        keys.remember(session, rows=rows)
        done: dict[tuple[int, str] | str, int | None] = {pair: before.response_id for pair, before in self.before.items()}
        done |= {(key, word): response_id for key, word, _, response_id in rows}
        return done | {who: ids[_place(said, who)] for said, who in self.new}


def _posts(session: Session, items: Sequence[Item]) -> _Posts:
    """Conflict "service.collect.other_body" when an idempotency key comes again with another body."""
    given = [(place, item) for place, item in enumerate(items) if isinstance(item, Post)]
    asked = [item.request for _, item in given if item.request]
    before = dict(keys.earlier(session, requests=[(key, word) for key, word, _ in asked])) if asked else {}
    made = _Posts(before, [], {}, {})
    for place, item in given:
        if item.request is not None:
            pair, digest = item.request[:2], item.request[2]
            known = before[pair].body_hash if pair in before else made.requests[pair][0] if pair in made.requests else digest
            if known != digest:
                raise Conflict("service.collect.other_body", name=pair[1])
            if pair in before or pair in made.requests:
                continue
            made.requests[pair] = (digest, _respondent(item), item.said)
        made.respondents[place] = _respondent(item)
        made.new.append((item.said, made.respondents[place]))
    return made


def _respondent(item: Post) -> str:
    assert item.said.respondent, "a machine's response has a respondent, its own or a random one"
    return item.said.respondent


def _outcome(item: Item, final: _Way | Outcome, posts: _Posts, done: Mapping[Any, int | None], place: int) -> Outcome:
    if isinstance(item, Post):
        response_id = done[item.request[:2]] if item.request else done[_respondent(item)]
        return Outcome("finished", response_id, repeated=place not in posts.respondents)
    if isinstance(final, Outcome):
        return final
    state = str(final.fields["state"])
    repeated = state == visits.FINISHED and final.finish is not item
    return Outcome(state, final.fields["response_id"], final.fields["key"], repeated)
