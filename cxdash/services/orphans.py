"""After an import was taken back: questions and stages that only it brought go too, when nothing else speaks of them.

Something speaks of a question when another import governs it, a questionnaire asks it (a draft too), an answer to it came from a form or
a machine, or a target, a benchmark, a pin, the weighting, a quota or a link names it, or a headline that is made of it. Attributes stay
as long as customers are kept, who may have them. A file that is brought again makes them anew.
"""

from __future__ import annotations

import re

from sqlmodel import Session

from cxdash.services.metric import NAMED
from cxdash.store import journeys, questions, tables
from cxdash.store import orphans as store
from cxdash.terms import Measure


# What headline metrics are made of.
_HEADLINES = (Measure.RECOMMEND, Measure.OVERALL, Measure.REPURCHASE, Measure.SWITCHING, Measure.EFFORT)


def remove(session: Session, row: tables.Import) -> int:
    """Within the transaction that takes the import back, behind the programme's clock. Returns how many questions went."""
    program_id, import_id = row.program_id, row.id or 0
    mine = set(row.codes) - store.governed(session, program_id=program_id, besides=import_id)
    asked, stages = store.asked(session, program_id=program_id)
    mine -= asked
    told = store.mentioned(session, program_id=program_id)
    keeps = store.has_contacts(session, program_id=program_id)
    known = {q.code: q for q in questions.list_questions(session, program_id=program_id)}
    free = {
        code for code in mine & known.keys()
        if not _says(told, code)
        and not (keeps and known[code].measure == Measure.ATTRIBUTE)
        and not (known[code].measure in _HEADLINES and any(_says(told, name) for name in NAMED))
    }  # fmt: skip
    free -= store.answered(session, program_id=program_id, codes=free)
    named = {s.code for s in journeys.list_stages(session, program_id=program_id) if _says(told, s.code)}
    kept = stages | named
    return store.drop(session, program_id=program_id, codes=free, stages=kept)


def _says(told: str, code: str) -> bool:
    """Whether the code stands there as a word of its own."""
    return re.search(rf"(?<![\w.-]){re.escape(code)}(?![\w.-])", told) is not None
