import streamlit as st

from cxdash import i18n

st.title(i18n.text("common.app.title", "ko"))
