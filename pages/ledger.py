"""수치 이력: figures that were reported, and what has moved them since."""

from cxdash.ui import cache, state
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.ledger import draft_card, ledger
from cxdash.ui.screen import begin

with guarded():
    row = begin("ledger")
    draft = cache.draft_of(state.view())
    filter_bar(row, cache.options(draft.catalog), draft.scope, draft.responses, draft.total, compared=False)
    draft_card(draft)
    ledger(draft)
