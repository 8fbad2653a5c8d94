"""The respondent's pages: server-rendered HTML under /s/, without Streamlit, usable without any script.

`routes.routes(deps)` is the list that app.py serves beside the screens and `cxdash serve-respond` serves alone. One request goes:
routes (what was asked) → way (what the link and the visit allow) → steps (what was sent, stored or refused) → screen (the page drawn).
"""
