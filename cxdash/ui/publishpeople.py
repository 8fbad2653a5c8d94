"""The customers' lists on the publish page: personal links, mails and reminders (`cxdash.ui.contacts`)."""

from __future__ import annotations

from cxdash.services.publishing import Board
from cxdash.ui.contacts import contacts_card
from cxdash.ui.publish import At


def people_section(at: At, board: Board) -> None:
    contacts_card(at.survey, board.wave)
