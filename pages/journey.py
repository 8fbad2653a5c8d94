"""고객 여정: every stage in order, what is behind it, and for whom it differs."""

from cxdash.ui import cache, state
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.journey import headlines, heat_card, no_stages, stage_card, stages_card
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("journey")
    result = cache.journey_of_screen()
    opened = state.opened()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    if result.responses == 0:
        empty("journey.empty")
    if result.stages:
        headlines(result)
        stages_card(result, opened)
    else:
        no_stages()
    if opened and result.catalog.stages:
        stage_card(cache.stage_of_screen(opened), opened)
    if result.stages:
        heat_card(result)
