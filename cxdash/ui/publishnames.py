"""What links and values are called on the publish page."""

from __future__ import annotations

from cxdash import i18n
from cxdash.facts.question import NONE
from cxdash.services.options import Options
from cxdash.services.publishing import QR_STAGE, Board, LinkInfo
from cxdash.ui import cache, state


def called(link: LinkInfo) -> str:
    """A link's own name, else what kind it is."""
    kind = i18n.text(f"publish.kind.{link.kind}", state.language())
    stage = link.attributes.get(QR_STAGE)
    return (f"{link.label} ({kind})" if link.label else kind) + (f" · {stage_name(stage)}" if stage else "")


def stage_name(code: str) -> str:
    catalog = cache.catalog(state.view().program)
    return next((state.local(s.name) for s in catalog.stages if s.code == code), code)


def values(board: Board, options: Options, key: str) -> list[str]:
    """What an attribute may be: what the questionnaire offers, then whatever was answered or imported besides."""
    asked = board.form.by_code.get(key)
    offered = [str(option.value) for option in asked.options] if asked is not None and asked.kind == "choice" else []
    return list(dict.fromkeys([*offered, *(v for v in options.values.get(key, ()) if v != NONE)]))
