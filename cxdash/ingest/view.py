"""One column with all that is known of it before its role is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxdash.ingest.counts import Counts
from cxdash.ingest.headers import Header
from cxdash.ingest.plan import VALUES_MAX, Column, Said
from cxdash.terms import Role

Values = Sequence[tuple[str, int]]
SIBLING_DISTINCT = 24  # a column with more distinct texts cannot share a rating scale
SIBLINGS = 24


@dataclass(frozen=True)
class View:
    """labels, user_missing: from a statistics file. siblings: (header, values) of rating-like neighbours, nearest first."""

    header: Header
    counts: Counts
    dated: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    user_missing: tuple[str, ...] = ()
    siblings: tuple[tuple[str, Values], ...] = ()
    beside: bool = False

    @property
    def text(self) -> str:
        """Header and wording together, once each: what the guesses read."""
        told = self.header.wording
        return told if told == self.header.text or self.header.text in told else f"{self.header.text} {told}"

    def column(self, role: Role, reason: Said, certainty: float, **more: object) -> Column:
        """A proposed column with this view's header and distribution filled in; a code comes later."""
        counts = self.counts
        return Column(
            self.header.index,
            self.header.text,
            role,
            occurrence=self.header.occurrence,
            wording=self.header.wording,
            reason=reason,
            certainty=round(certainty, 2),
            blank=counts.blank,
            values=counts.values[:VALUES_MAX],
            distinct=counts.distinct,
            n=counts.filled,
            **more,  # type: ignore[arg-type]
        )


def siblings(views: list[View]) -> list[View]:
    """The views with their rating-like neighbours filled in, nearest first."""
    usable = [(at, v) for at, v in enumerate(views) if 2 <= v.counts.distinct <= SIBLING_DISTINCT]
    places = [at for at, _ in usable]
    out = []
    for at, one in enumerate(views):
        if not 1 <= one.counts.distinct <= SIBLING_DISTINCT:
            out.append(one)
            continue
        near = sorted((p for p in places if p != at), key=lambda p, at=at: (abs(p - at), p))[:SIBLINGS]
        out.append(
            View(
                one.header,
                one.counts,
                one.dated,
                one.labels,
                one.user_missing,
                tuple((views[p].text, views[p].counts.values) for p in near),
                one.beside,
            )
        )
    return out
