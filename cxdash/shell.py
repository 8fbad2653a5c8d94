"""The Streamlit script: page config, language, navigation. Every page runs through here."""

import streamlit as st

from cxdash import config
from cxdash.edge.launch import HOME
from cxdash.ui import state
from cxdash.ui.navigation import MENU, sidebar
from cxdash.ui.style import style

page = st.navigation([st.Page(config.PAGES / f"{item.name}.py", title=state.say(item.title), icon=item.icon, default=item.name == HOME,
                              url_path=item.name) for item in MENU])
st.set_page_config(page_title=f"{page.title} · {state.say('common.app.title')}", page_icon="📊", layout="wide")
state.restore(page.url_path or HOME)
style()
sidebar()
page.run()
