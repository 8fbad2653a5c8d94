"""조사 설계: a questionnaire along the journey, from a template to a published version."""

from cxdash.ui.design import design
from cxdash.ui.errors import guarded
from cxdash.ui.screen import begin

with guarded():
    begin("design")
    design()
