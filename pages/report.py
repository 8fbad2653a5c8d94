"""경영진 보고서: the view as one page to forward, and as a workbook."""

from cxdash.ui import cache
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.ledger import note
from cxdash.ui.report import report_card
from cxdash.ui.screen import begin, empty, overview_of_screen
from cxdash.ui.shares import share_button

with guarded():
    row = begin("report")
    result = overview_of_screen()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    share_button(row, result)
    if result.responses == 0:
        empty("overview.empty")
    report_card(result, ledger_note=note(result.catalog))
