"""A page of the largest questionnaires: which pages there are and reading one page of answers, as every click of a respondent asks.

python -m benchmarks.questionnaire

Floor: parsing the same questionnaire's document as JSON, which no server can do without when it has forgotten it.
"""

from __future__ import annotations

import json

from benchmarks.floors import compare, heading, verdict
from cxdash.survey import answers, flow
from cxdash.survey.document import dumps
from cxdash.survey.form import GATE, Form
from tests.survey.forms import CUSTOMER, of_factors, stage

LIMIT = 4.0  # times parsing; all are far under a blink
SIZES = ((9, 5), (29, 4), (29, 117), (100, 5))


def large(stages: int, factors: int) -> tuple[Form, dict[str, object]]:
    """A form whose every stage was experienced and every factor rated."""
    steps = tuple(stage(f"S{i}", factors, gate=True, shuffle=True) for i in range(stages))
    form = Form(stages=steps, questions=(CUSTOMER, *(q for one in steps for q in of_factors(one))))
    return form, {GATE + one.code: "yes" for one in steps} | {q.code: 3 for q in form.questions[1:]}


def click(form: Form, given: dict[str, object]) -> object:
    form.__dict__.pop("_layouts", None)  # what was worked out for others who answered the same does not count
    page = flow.pages(form, given, seed="x")[-1]
    return answers.read(form, page, {field: ["3"] for field in page.fields}, given)


def main() -> int:
    heading("a page of a questionnaire")
    measured = []
    for stages, factors in SIZES:
        form, given = large(stages, factors)
        text = dumps(form)
        name = f"{stages} stages x {factors} factors"
        measured.append(compare(name, lambda t=text: json.loads(t), lambda f=form, g=given: click(f, g)))
    return verdict(measured, LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
