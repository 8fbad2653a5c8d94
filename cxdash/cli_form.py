"""What the command line prints: results as JSON with stable field names, or as lines for people. docs/cli.md lists the fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from cxdash import i18n
from cxdash.ingest.json_form import to_json
from cxdash.services.history import ImportInfo
from cxdash.services.imports import ImportResult, Inspection
from cxdash.services.metrics import Figures, Metrics, MultiFigures, QuestionFigures
from cxdash.services.programs import ProgramInfo
from cxdash.stats.figure import Figure

FORMAT = 1


class Words:
    """Where a command writes: data to out, words to err. With --json data is one JSON document, else lines."""

    def __init__(self, language: str, out: TextIO, err: TextIO, as_json: bool) -> None:
        self.language, self._out, self._err, self._json = language, out, err, as_json

    def data(self, document: Callable[[], Any], lines: Callable[[], Iterable[str]]) -> None:
        if self._json:
            print(json.dumps(document(), ensure_ascii=False, indent=1, allow_nan=False, default=str), file=self._out)
            return
        for line in lines():
            print(line, file=self._out)

    def say(self, key: str, /, **params: object) -> None:
        print(i18n.text(key, self.language, **params), file=self._err)


def said(key: str, params: Mapping[str, object], language: str) -> str:
    return i18n.text(key, language, **{str(k): v for k, v in params.items()})


def inspection_json(found: Inspection, language: str) -> dict[str, Any]:
    """The proposal with its reasons in words beside their keys. `layout` and `columns` are a mapping: edited, the document can be
    given back with --mapping."""
    document = _worded(to_json(found.proposal), language)
    mapping = document.pop("mapping")
    return {"format": FORMAT, "program": found.program, "saved_mapping": found.mapping, "imported_before": [_before(i) for i in found.same],
            **document, "layout": mapping["layout"], "columns": mapping["columns"]}


def _before(info: ImportInfo) -> dict[str, Any]:
    return {"id": info.id, "program": info.program, "wave": info.wave, "file": info.file_name, "at": info.created_at.isoformat()}


def history_json(found: Sequence[ImportInfo]) -> dict[str, Any]:
    return {"format": FORMAT, "imports": [
        {**vars(i), "created_at": i.created_at.isoformat(), "undone_at": i.undone_at and i.undone_at.isoformat()} for i in found]}


def programs_json(found: Sequence[ProgramInfo], stored: Mapping[str, int]) -> dict[str, Any]:
    """`stored`: responses by slug."""
    listed = [{"program": p.slug, "name": p.name, "demo": p.demo, "responses": stored.get(p.slug, 0)} for p in found]
    return {"format": FORMAT, "programs": listed}


def _worded(node: Any, language: str) -> Any:
    """Every {key, params} of a document gets its `text` in the language."""
    if isinstance(node, dict):
        made = {k: _worded(v, language) for k, v in node.items()}
        if set(node) == {"key", "params"}:
            made["text"] = said(node["key"], node["params"], language)
        return made
    return [_worded(item, language) for item in node] if isinstance(node, list) else node


def figure_json(figure: Figure | None) -> dict[str, Any] | None:
    """value and interval are null where the base is under the minimum; `base` says what the base allows."""
    if figure is None:
        return None
    return {"value": figure.value, "n": figure.n, "n_eff": figure.n_eff, "n_missing": figure.n_missing, "ci_low": figure.ci_low,
            "ci_high": figure.ci_high, "se": figure.se, "unit": figure.unit, "method": figure.method, "base": figure.base,
            "flags": list(figure.flags)}


def figures_json(result: Metrics, language: str) -> dict[str, Any]:
    where = result.where
    return {
        "format": FORMAT, "program": result.catalog.slug, "version": result.version, "weighted": result.weighted,
        "filter": {"equals": {k: list(v) for k, v in where.equals.items()}, "since": where.since and where.since.isoformat(),
                   "until": where.until and where.until.isoformat()},
        "unmatched": [{"key": key, "value": value} for key, value in result.unmatched],
        "total": _figures(result.total, language), "groups": [_figures(g, language) for g in result.groups],
    }


def _figures(f: Figures, language: str) -> dict[str, Any]:
    return {
        "attribute": f.attribute, "value": f.value, "n": f.responses, "nps": figure_json(f.nps), "csat": figure_json(f.csat),
        "loyalty": figure_json(f.loyalty), "secure": figure_json(f.secure), "ces": figure_json(f.ces),
        "questions": [_question(q, language) for q in f.questions], "multi": [_multi(m, language) for m in f.multi],
    }


def _question(q: QuestionFigures, language: str) -> dict[str, Any]:
    scale = q.question.scale
    assert scale is not None
    return {
        "code": q.question.code,
        "wording": _text(q.question.wording, language),
        "headers": list(q.question.headers),
        "measure": str(q.question.measure),
        "stage": q.question.stage,
        "scale": scale.to_json(),
        "n": q.n,
        "n_missing": q.n_missing,
        "mean": figure_json(q.mean),
        "score100": figure_json(q.score100),
        "top_box": figure_json(q.top_box),
        "top_points": q.top_points,
        "nps": figure_json(q.nps),
        "nps_refused": said(q.nps_refused, {"lo": scale.lo, "hi": scale.hi}, language) if q.nps_refused else None,
        "distribution": {str(p): figure_json(f) for p, f in q.distribution.items()},
    }


def _multi(m: MultiFigures, language: str) -> dict[str, Any]:
    return {"code": m.question.code, "wording": _text(m.question.wording, language), "headers": list(m.question.headers), "n": m.n,
            "options": [{"option": text, "count": n, "share": figure_json(share)} for text, n, share in m.options]}


def _text(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")


def import_json(result: ImportResult, language: str, *, dry_run: bool) -> dict[str, Any]:
    fields = {k: v for k, v in vars(result).items() if k not in ("problems", "new_questions")}
    return {"format": FORMAT, "dry_run": dry_run, **fields, "new_questions": list(result.new_questions),
            "problems": [_problem(p, language) for p in result.problems]}


def _problem(problem: Mapping[str, Any], language: str) -> dict[str, Any]:
    params = problem["params"]
    params = json.loads(params) if isinstance(params, str) else params or {}
    return {"row": problem["row"], "column": problem["column"], "value": problem["value"], "whole_row": problem["whole_row"],
            "reason": problem["reason"], "text": said(problem["reason"], params, language)}


def lines_of_inspection(found: Inspection, language: str) -> Iterator[str]:
    proposal = found.proposal
    layout = proposal.mapping.layout
    yield i18n.text("cli.inspect.file", language, file=proposal.file, sheet=layout.sheet, rows=proposal.rows,
                    columns=len(proposal.mapping.columns), first=layout.first_data_row)
    for note in proposal.notes:
        yield "! " + said(note.key, note.params, language)
    for column in proposal.mapping.columns:
        scale = f" {column.scale.lo}–{column.scale.hi} {column.scale.direction}" if column.scale else ""
        measure = f" {column.measure}" if column.measure else ""
        reason = said(column.reason.key, column.reason.params, language) if column.reason else ""
        named = f"{column.index + 1:>4}  {column.header[:40]:<40}  {column.role}{measure}{scale}"
        yield f"{named}  n={column.n}  {column.certainty:.0%}  {reason}"
        for question in column.questions:
            yield "      ? " + said(question.key, question.params, language)


def lines_of_import(result: ImportResult, language: str, *, dry_run: bool) -> Iterator[str]:
    yield i18n.text(
        "cli.import.dry" if dry_run else "cli.import.done",
        language,
        id=str(result.id),
        program=result.program,
        wave=result.wave,
        read=result.rows_read,
        inserted=result.rows_inserted,
        updated=result.rows_updated,
        empty=result.rows_empty,
        rejected=result.rows_rejected,
        cells=result.problem_cells,
    )
    for problem in result.problems:
        shown = _problem(problem, language)
        yield f"{shown['row']}\t{shown['column']}\t{shown['value']}\t{shown['text']}"


def lines_of_history(found: Sequence[ImportInfo], language: str) -> Iterator[str]:
    for i in found:
        state = i18n.text("cli.history.undone" if i.undone_at else "cli.history.done", language)
        yield "\t".join(
            str(x)
            for x in (
                i.id,
                f"{i.created_at:%Y-%m-%dT%H:%MZ}",
                state,
                i.program,
                i.wave,
                i.file_name,
                i.rows_inserted,
                i.rows_updated,
                i.rows_rejected,
            )
        )


def lines_of_metrics(result: Metrics, language: str) -> Iterator[str]:
    for group in (result.total, *result.groups):
        name = (
            i18n.text("cli.metrics.total", language)
            if group.attribute is None
            else f"{group.attribute} = {i18n.NOTHING if group.value is None else group.value}"
        )
        yield f"{name}  n={group.responses}"
        for metric in ("nps", "csat", "loyalty", "ces"):
            if (figure := getattr(group, metric)) is not None:
                yield f"  {metric:<8} {_short(figure, language)}"
        for q in group.questions:
            scores = f"100: {_short(q.score100, language)}  top{q.top_points}: {_short(q.top_box, language)}"
            yield f"  {q.question.code[:30]:<30} {_short(q.mean, language, 2)}  {scores}"


def _short(figure: Figure, language: str, digits: int = 1) -> str:
    low, high = (i18n.number(x, language, digits) for x in (figure.ci_low, figure.ci_high))
    return f"{i18n.number(figure.value, language, digits)} [{low}, {high}] n={figure.n}"
