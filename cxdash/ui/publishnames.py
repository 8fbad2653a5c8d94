"""What links are called on the publish page."""

from __future__ import annotations

from cxdash import i18n
from cxdash.services.publishing import QR_STAGE, LinkInfo
from cxdash.ui import cache, state


def called(link: LinkInfo) -> str:
    """A link's own name, else what kind it is."""
    kind = i18n.text(f"publish.kind.{link.kind}", state.language())
    stage = link.attributes.get(QR_STAGE)
    return (f"{link.label} ({kind})" if link.label else kind) + (f" · {stage_name(stage)}" if stage else "")


def stage_name(code: str) -> str:
    catalog = cache.catalog(state.view().program)
    return next((state.local(s.name) for s in catalog.stages if s.code == code), code)
