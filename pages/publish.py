"""배포: a published survey in a wave: its links and posters, how it is going, what it still needs."""

from cxdash.ui.errors import guarded
from cxdash.ui.publish import head
from cxdash.ui.publishlinks import links_section
from cxdash.ui.publishpeople import people_section
from cxdash.ui.publishround import round_section
from cxdash.ui.publishsample import sample_section
from cxdash.ui.publishstatus import status_section
from cxdash.ui.screen import begin

PARTS = {
    "status": status_section,
    "links": links_section,
    "round": round_section,
    "sample": sample_section,
    "people": people_section,
}

with guarded():
    begin("publish")
    at, board = head()
    PARTS[at.section](at, board)
