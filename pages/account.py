"""내 계정: name and language, password, second factor, where one is signed in."""

from cxdash.ui.account import head, inside, password, person, second
from cxdash.ui.errors import guarded

with guarded():
    head()
    person()
    inside()
    second()
    password()
