"""사용자: who may come in, and what they may do and see."""

from cxdash.ui.errors import guarded
from cxdash.ui.users import head, invitation, people

with guarded():
    head()
    invitation()
    people()
