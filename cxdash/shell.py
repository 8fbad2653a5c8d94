"""The Streamlit script: page config, language, navigation. Every page runs through here."""

import streamlit as st

from cxdash import config
from cxdash.edge.launch import HOME, drawn_for, make_way, one_by_one
from cxdash.meters import meters
from cxdash.ui import state
from cxdash.ui.entrance import enter
from cxdash.ui.navigation import offered, say_section, sidebar
from cxdash.ui.style import style

meters.add("cxdash_reruns_total")
with state.run(make_way):
    # The icon comes before the menu, or Streamlit would ask an outside host for the picture of the page's own icon.
    st.set_page_config(page_title=state.say("common.app.title"), page_icon="📊", layout="wide")
    enter(drawn_for)
    menu: dict[str, list[object]] = {}
    for item in offered():
        file, title = config.PAGES / f"{item.name}.py", state.say(item.title)
        shown = st.Page(file, title=title, icon=item.icon, default=item.name == HOME, url_path=item.name)
        menu.setdefault(say_section(item.section), []).append(shown)
    page = st.navigation(menu, expanded=True)
    state.restore(page.url_path or HOME)
    st.set_page_config(page_title=f"{page.title} · {state.say('common.app.title')}")
    style()
    sidebar()
    with one_by_one():
        page.run()
