"""개인정보: find a person, hand over, correct, erase; how long a programme keeps what."""

from cxdash.ui.errors import guarded
from cxdash.ui.people import people_section
from cxdash.ui.retention import retention_section
from cxdash.ui.screen import begin

with guarded():
    begin("people")
    people_section()
    retention_section()
