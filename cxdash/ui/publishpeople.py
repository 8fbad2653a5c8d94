"""The customers' lists on the publish page: personal links, mails and reminders (`cxdash.ui.contacts`)."""

from __future__ import annotations

import importlib

from cxdash.services.publishing import Board
from cxdash.ui.publish import At


def people_section(at: At, board: Board) -> None:
    """The section is offered only where the module is there (`cxdash.ui.publish.sections`)."""
    importlib.import_module("cxdash.ui.contacts").contacts_card(at.survey, board.wave)
