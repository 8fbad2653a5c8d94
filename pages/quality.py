"""응답 품질: what looks careless, how far it moves the figures, in or out by one switch."""

from cxdash.ui import cache
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.quality import cells_card, effect_card, kinds_cards, list_card
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("quality")
    result = cache.quality_of_screen()
    filter_bar(row, cache.options(result.catalog), result.scope, result.shown, result.total, compared=False)
    if result.responses == 0:
        empty("quality.empty")
    kinds_cards(result)
    effect_card(result)
    list_card(result)
    cells_card(result)
