"""가져오기: a file, its mapping, what was stored; and the history with undo."""

from cxdash.ui import imports
from cxdash.ui.errors import guarded
from cxdash.ui.importresult import history, result
from cxdash.ui.mapping import mapping
from cxdash.ui.screen import begin

STEPS = {"upload": imports.upload, "working": imports.working, "mapping": mapping, "result": result}

with guarded():
    begin("imports")
    step = imports.step()
    imports.messages()
    STEPS[step]()
    if step in ("upload", "result"):
        history()
