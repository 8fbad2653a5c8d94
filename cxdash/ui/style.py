"""The CSS of the app: density, line breaks of Korean, and our own words where Streamlit has English ones of its own."""

from __future__ import annotations

import json

import streamlit as st

from cxdash.ui import state

# While a run lasts nothing moves or fades: every frame of that would be painted by a machine that waits for an answer.
_CSS = """
h1,h2,h3,h4,p,p span,label,li,td,th,[data-testid="stMarkdownContainer"] *{word-break:keep-all!important;overflow-wrap:break-word!important}
[data-testid="stMetricValue"]{font-variant-numeric:tabular-nums;line-height:1.2}
[data-testid="stMetricDelta"]{font-size:.8rem}
[data-testid="stCaptionContainer"]{opacity:1;color:light-dark(#5b6673,#a9b4c0)}
button[data-selected="true"] p{color:light-dark(#1c5f97,#8cc4f0)}
[data-testid="stHeader"]{height:2.5rem;min-height:2.5rem;background:transparent}
[data-testid="stSidebarHeader"]{height:2.25rem;min-height:2.25rem;margin-bottom:.25rem;padding-top:.5rem}
.stMainBlockContainer{padding:2rem 2rem 1.25rem}
.stMainBlockContainer>[data-testid="stVerticalBlock"]{gap:.6rem}
h1{font-size:1.45rem!important;padding:0!important}
[class*="st-key-card-"]{padding:.55rem .9rem;gap:.15rem}
[class*="st-key-head-"]{flex-wrap:nowrap;align-items:flex-start}
[class*="st-key-head-"]>:first-child{flex:1 1 auto;min-width:0}
[class*="st-key-card-"] [data-testid="stPopoverButton"],[class*="st-key-head-"] button{min-height:1.6rem;padding-top:0;padding-bottom:0}
[class*="st-key-card-"] .st-key-person-actions [data-testid="stPopoverButton"]{min-height:2.5rem}
[class*="st-key-more-"] [data-testid="stMarkdownContainer"]{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%%)}
[data-testid="stElementContainer"]:has(.cx-said){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%%)}
.st-key-card-crosstab td{white-space:nowrap;font-variant-numeric:tabular-nums}
.st-key-scroll-text{overflow:auto hidden}
.st-key-scroll-text [data-testid="stTable"],.st-key-scroll-text [data-testid="stTable"]>div{overflow:visible}
.st-key-card-crosstab th:first-child{position:sticky;left:0;z-index:1;background:light-dark(#fff,#11161d)}
.st-key-standards{position:relative;z-index:1}
.st-key-priority-reasons table{min-width:820px;width:100%%}
.st-key-priority-reasons td:last-child{min-width:24rem;width:55%%}
.cx-paper{display:grid;place-items:center;aspect-ratio:1460/1032;border-radius:.5rem;background:rgba(128,150,170,.12);opacity:.8}
.st-key-chips{gap:.4rem}
.st-key-chips button{min-height:1.6rem;padding:0 .5rem;border-radius:999px;background:rgba(128,150,170,.16)}
.st-key-card-design-phone iframe,.st-key-design-preview-frame iframe{border:1px solid light-dark(#d5dce4,#313d4b);border-radius:14px}
[data-testid="stElementToolbar"],[data-testid="InputInstructions"],[data-testid="stMainMenu"],[data-testid="stStatusWidget"]{display:none}
[data-testid="stFileUploaderDropzone"] button p,[data-testid="stFileUploaderDropzoneInstructions"] span{display:none}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]::after{content:%(choose)s}
[data-testid="stFileUploaderDropzoneInstructions"]::after{content:%(drop)s;font-size:.875rem}
[data-testid="stAppViewContainer"]::before{content:"";position:fixed;z-index:1000000;
top:0;left:0;height:3px;width:100%%;opacity:0;background:#2a78b8}
[data-test-script-state="running"] [data-testid="stAppViewContainer"]::before{opacity:.7;transition:opacity 0s linear .25s}
[data-stale="true"]{transition:opacity 0s linear .5s!important}
@media (max-width:640px){
.st-key-card-crosstab th:first-child{max-width:7rem;min-width:5rem}
.stMainBlockContainer{padding-left:1rem;padding-right:1rem}
}
.st-key-card-publish-link [data-testid="stCode"] div:not(pre div){opacity:1!important;visibility:visible!important}
.st-key-card-publish-link [data-testid="stCode"] button{color:light-dark(#17202b,#e6ebf1)}
.st-key-card-publish-link [data-testid="stCode"] button::after{content:%(copy)s;font-size:.8rem;padding-left:.25rem}
.cx-go{display:inline-block;padding:.5rem 1.25rem;border-radius:6px;background:light-dark(#0b66a8,#2a78b8)}
.cx-go{color:#fff!important;text-decoration:none!important}
.st-key-sign-in{max-width:30rem;margin:8vh auto}
@media print{[class*="st-key-card-"]{break-inside:avoid}
[data-testid="stPopoverButton"],.st-key-title [data-testid="stSelectbox"]{display:none}}
"""


def style() -> None:
    """Once per run, before anything is drawn."""
    words = {
        "copy": _quoted(state.say("publish.links.copy")),
        "choose": _quoted(state.say("imports.upload.choose")),
        "drop": _quoted(state.say("imports.upload.drop", mb=state.deps().settings.max_upload_mb)),
    }
    st.html(f"<style>{_CSS % words}</style>")


def _quoted(text: str) -> str:
    """A CSS string; escapes of JSON that CSS does not know cannot occur in our own one-line messages."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\3c ")
