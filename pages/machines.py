"""연동: keys of machines that send responses or read figures, and webhooks that are told of finished ones."""

from cxdash.ui.errors import guarded
from cxdash.ui.hooks import hooks_section
from cxdash.ui.machines import guide, keys_section
from cxdash.ui.screen import begin

with guarded():
    begin("machines")
    keys_section()
    hooks_section()
    guide()
