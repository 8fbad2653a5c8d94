"""Every kind of element the screens use, on one page, to be drawn under the real policy."""

import altair as alt
import pandas as pd
import streamlit as st

FRAME = pd.DataFrame({"단계": ["인지", "탐색", "구매"], "점수": [61.5, 72.0, 80.25], "n": [120, 90, 300]})

st.set_page_config(page_title="gallery", page_icon="📊", layout="wide")
st.html("<style>h1{word-break:keep-all}</style><p id='raw'>직접 쓴 HTML</p>")
st.title("요소 모음")
bars = alt.Chart(FRAME).mark_bar().encode(x=alt.X("단계:N", axis=alt.Axis(labelAngle=0)), y="점수:Q", tooltip=["단계", "n"])
ends = alt.Chart(FRAME).transform_calculate(low="datum.점수 - 5", high="datum.점수 + 5")  # the expression interpreter at work
band = ends.mark_errorband().encode(x="단계:N", y="low:Q", y2="high:Q")
st.altair_chart(bars + bars.mark_text(dy=-8).encode(text=alt.Text("점수:Q", format=".1f")) + band, alt="단계별 점수")
picked = st.altair_chart(bars.add_params(alt.selection_point(name="pick")), key="pick", on_select="rerun")
st.metric("순추천지수", "39.8", "+1.2", chart_data=[1, 3, 2, 4], border=True)
st.dataframe(FRAME, column_config={"점수": st.column_config.ProgressColumn(min_value=0, max_value=100)})
edited = st.data_editor(FRAME, key="editor")
st.download_button("내려받기", FRAME.to_csv(index=False).encode("utf-8-sig"), "점수(최종).csv", on_click="ignore")
file = st.file_uploader("올리기", type=["csv"])
st.markdown(f"올린 크기: {len(file.getvalue()) if file else 0}")
st.progress(0.4, "진행")
with st.popover("더 보기"):
    st.selectbox("지역", ["전체", "서울"])
st.date_input("기간", value=None)
st.pills("응답 수", ["120", "90"])


def fail() -> None:
    raise RuntimeError("a secret of the script: hunter2")


st.button("고장", on_click=fail)
