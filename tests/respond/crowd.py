"""Many respondents at once against a running server: a plain HTTP client on sockets, quick enough not to be what is measured."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cxdash.services import questionnaire
from cxdash.services.deps import Deps
from cxdash.store import links, programs, surveys, waves
from cxdash.store.database import writing
from cxdash.survey import document
from cxdash.survey.form import Form, FormQuestion, FormSettings
from cxdash.terms import Scale

QUESTIONS = 10
_HIDDEN = re.compile(r'<input type="hidden"[^>]* name="([^"]+)"[^>]* value="([^"]*)"')
_ACTION = re.compile(r'<form id="form"[^>]* action="([^"]+)"')
_COOKIE = re.compile(r"set-cookie: (cx_visit=[^;]+)", re.IGNORECASE)


def open_poll(deps: Deps, slug: str = "poll") -> tuple[int, str]:
    """A published survey of ten ratings on one page; the programme's id and the token of its public link."""
    asked = tuple(
        FormQuestion(f"q{i}", "rating", measure, {"ko": f"문항 {i}", "en": f"Item {i}"}, scale=Scale(0, 10), required=True)
        for i, measure in enumerate(["recommend"] + ["other"] * (QUESTIONS - 1))
    )
    made = Form({"ko": "설문", "en": "Poll"}, questions=asked, settings=FormSettings(customer=False))
    with writing(deps.engine) as session:
        program = programs.add_program(session, slug=slug, name={"ko": "설문", "en": "Poll"})
        wave = waves.ensure_wave(session, program_id=program.id, code="2026-1")
        programs.tick(session, program_id=program.id)
        survey = surveys.add_survey(session, program_id=program.id, code="s", name=made.title, draft=document.to_document(made))
        coding = questionnaire.register(session, program_id=program.id, form=made, renamed={}, before={})
        surveys.add_version(session, survey_id=survey.id, document=document.to_document(made), coding=coding)
        surveys.save_round(session, survey_id=survey.id, wave_id=wave.id, quota=())
        link = links.add_link(session, survey_id=survey.id, wave_id=wave.id, kind="public", attributes={})
        return program.id, link.token


@dataclass(frozen=True)
class Answer:
    status: int
    head: str
    body: str


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", cookie: str = "") -> Answer:
        """ConnectionError when the server is not there or goes away in the middle."""
        self._ends = self._ends or await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._ends
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: Mozilla/5.0 (iPhone) Mobile", "Accept-Language: ko"]
        head += [f"Cookie: {cookie}"] if cookie else []
        head += [f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded"] if method == "POST" else []
        try:
            writer.write("\r\n".join([*head, "", ""]).encode() + body)
            await writer.drain()
            found = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            size = re.search(r"content-length: (\d+)", found, re.IGNORECASE)
            text = await reader.readexactly(int(size[1])) if size else b""
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise ConnectionError from error
        return Answer(int(found.split(" ", 2)[1]), found, text.decode())

    def close(self) -> None:
        if self._ends:
            self._ends[1].close()
            self._ends = None


@dataclass(frozen=True)
class Filled:
    """A page that was opened and filled in, ready to be sent. secret: the visit's, as its cookie says."""

    path: str
    body: bytes
    cookie: str

    @property
    def secret(self) -> str:
        return self.cookie.partition("=")[2]


async def fill(line: Line, token: str, answers: Mapping[str, int] | None = None) -> Filled:
    """Opens the link and fills in its only page. ConnectionError, also when the page does not come."""
    page = await line.ask("GET", f"/s/{token}")
    cookie, action = _COOKIE.search(page.head), _ACTION.search(page.body)
    if page.status != 200 or cookie is None or action is None:
        raise ConnectionError(f"no page: {page.status}")
    hidden = {name: html.unescape(value) for name, value in _HIDDEN.findall(page.body)}
    given = answers or {f"q{i}": (i * 3) % 11 for i in range(QUESTIONS)}
    return Filled(html.unescape(action[1]), urlencode({**hidden, "_go": "next", **given}).encode(), cookie[1])


async def send(line: Line, filled: Filled) -> bool:
    """Whether the answers were acknowledged."""
    answer = await line.ask("POST", filled.path, filled.body, filled.cookie)
    return answer.status == 303 and "/done" in answer.head


@dataclass
class Crowd:
    """Respondents that go on and on until told to stop. thanked: the secrets of those whose answers were acknowledged."""

    port: int
    token: str
    thanked: list[str] = field(default_factory=list)
    going: bool = True

    async def respondent(self) -> None:
        line, filled = Line(self.port), None
        while self.going:
            try:
                filled = filled or await fill(line, self.token)
                if await send(line, filled):
                    self.thanked.append(filled.secret)
                    filled = None
            except ConnectionError:  # the same answers are sent again when the server is back, as a browser would
                await asyncio.sleep(0.02)
        line.close()
