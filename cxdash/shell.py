"""The Streamlit script: page config, then navigation over the list of pages."""

import streamlit as st

from cxdash import config, i18n
from cxdash.edge.launch import HOME

LANG = "ko"

st.set_page_config(page_title=i18n.text("common.app.title", LANG), page_icon="📊", layout="wide")
st.html("<style>h1,h2,h3,h4,p,label,li,button{word-break:keep-all;overflow-wrap:anywhere}</style>")
PAGES = [("overview", "common.app.title")]
st.navigation([st.Page(config.PAGES / f"{name}.py", title=i18n.text(key, LANG), default=name == HOME) for name, key in PAGES]).run()
