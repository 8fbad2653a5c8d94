"""감사 기록: who did what, when and from where."""

from cxdash.ui.audit import audit_log
from cxdash.ui.errors import guarded
from cxdash.ui.screen import begin

with guarded():
    begin("audit")
    audit_log()
