"""The Streamlit script: page config, language, navigation. Every page runs through here."""

import streamlit as st

from cxdash import config
from cxdash.edge.launch import HOME
from cxdash.ui import state
from cxdash.ui.navigation import MENU, sidebar, style

state.restore()
st.set_page_config(page_title=state.say("common.app.title"), page_icon="📊", layout="wide")
style()
page = st.navigation([st.Page(config.PAGES / f"{item.name}.py", title=state.say(item.title), icon=item.icon, default=item.name == HOME,
                              url_path=item.name) for item in MENU])
sidebar()
page.run()
