"""The imports page: upload, mapping, storing, result. Each step is one function; where the session stands is in `state`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from cxdash import config
from cxdash.errors import Cancelled, CxError
from cxdash.services import history, leftovers
from cxdash.services import imports as service
from cxdash.ui import cache, jobs, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.errors import log, show_error

_TEMPLATES = {"ko": "imports.template.ko", "en": "imports.template.en"}
HELD = ("program", "name", "wave", "problems", "save_as", "force", "column")  # fields of the mapping screen that outlive other pages


def step() -> str:
    """Where the session stands: "working", "result", "mapping" or "upload"."""
    if state.remember("import:open", False):
        state.forget("import:open")
        st.switch_page(cache.page("overview"))
    job = jobs.finish()
    if job is not None:
        _take(job)
    if jobs.running() is not None:
        return "working"
    return next((name for name in ("result", "mapping") if state.remember(f"import:{name}", None) is not None), "upload")


def _take(job: jobs.Job) -> None:
    """Keep what a finished job brought, or the error that ended it."""
    if job.kind == "commit":
        cache.clear()  # a programme may be new, and its figures are
    state.keep("import:error", None)
    try:
        found = job.future.result() if job.future else None
    except Cancelled:
        state.keep("import:notice", "imports.cancelled")
    except CxError as error:
        state.keep("import:error", error)
    except Exception:
        log.exception("an import failed")
        state.keep("import:error", CxError("error.unexpected"))
    else:
        _keep(job.kind, found)
    if state.remember("import:mapping", None) is None and (path := _file().get("path")):
        path.unlink(missing_ok=True)  # nothing came of it


def _keep(kind: str, found: Any) -> None:
    """A new proposal for the same sheet leaves the user's corrections in force; another sheet has other columns."""
    if kind == "inspect":
        old: service.Inspection | None = state.remember("import:mapping", None)
        if old is None or old.proposal.mapping.layout.sheet != found.proposal.mapping.layout.sheet:
            state.forget("import:changes")
        state.forget("import:seen")
    state.keep("import:mapping" if kind == "inspect" else "import:result", found)


def messages() -> None:
    """What the last step had to say."""
    if (error := state.remember("import:error", None)) is not None:
        show_error(error)
    if (notice := state.remember("import:notice", None)) is not None:
        st.info(state.md(notice))
        state.forget("import:notice")


def working() -> None:
    with st.container(border=True, key="import-working"):
        st.markdown(f"**{state.md('imports.working', file=_file()['name'])}**" if _file() else "")
        jobs.watch()


def _file() -> dict[str, Any]:
    return state.remember("import:file", {})


def upload() -> None:
    """The way in: a file, or a template to fill in."""
    with st.container(border=True, key="import-upload"):
        st.markdown(state.md("imports.upload.text"))
        # Every kind of file is let in: what cannot be read is refused by the service in the user's language, by Streamlit in English.
        given = st.file_uploader(state.say("imports.upload.label"), key=f"w:upload:{state.remember('import:round', 0)}",
                                 max_upload_size=state.deps().settings.max_upload_mb)
        with st.container(horizontal=True, key="templates"):
            for lang in config.LANGUAGES:
                _template(lang)
    if given is not None:
        _receive(given.name, given.getbuffer())


def _template(lang: str) -> None:
    path = config.ROOT / "data" / "templates" / f"import_template_{lang}.xlsx"
    if path.is_file():
        st.download_button(state.say(_TEMPLATES[lang]), data=path.read_bytes, file_name=path.name, mime=XLSX, on_click="ignore",
                           key=f"template-{lang}", type="tertiary", icon=":material/download:")


def _receive(name: str, content: memoryview) -> None:
    """Put the upload on disk, let go of the copy in memory, and look into the file."""
    folder = state.deps().settings.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    leftovers.sweep(folder.parent)
    ending = re.sub(r"[^a-z0-9.]", "", Path(name).suffix.lower())[:8]
    path = folder / f"upload-{secrets.token_hex(8)}{ending}"
    path.write_bytes(content)
    reset()
    state.keep("import:file", {"path": path, "name": name})
    inspect()
    st.rerun()


def inspect(sheet: str | None = None, program: str | None = None) -> None:
    """Look into the session's file in the background. What is on the screen stays until the new proposal is there."""
    deps, actor, file = state.deps(), state.actor(), _file()
    state.keep("import:error", None)
    jobs.begin("inspect", lambda job: service.inspect(deps, actor, file["path"], name=file["name"], sheet=sheet, program=program,
                                                      on_progress=job.tell, cancel=job.stop.is_set))


def commit(order: service.Order, fingerprint: str) -> None:
    """Store the session's file in the background."""
    deps, actor, file = state.deps(), state.actor(), _file()
    state.keep("import:mapped", order.mapping)
    jobs.begin("commit", lambda job: service.commit(deps, actor, file["path"], name=file["name"], order=order, fingerprint=fingerprint,
                                                    on_progress=job.tell, cancel=job.stop.is_set))


def originals(import_id: int) -> Callable[[], pl.DataFrame] | None:
    """Gives the rows with problems as they stand in the session's file; None once the file is gone."""
    deps, actor, file, mapping = state.deps(), state.actor(), _file(), state.remember("import:mapped", None)
    if mapping is None or not file or not file["path"].is_file():
        return None
    return lambda: history.original_rows(deps, actor, file["path"], name=file["name"], mapping=mapping, import_id=import_id)


def reset() -> None:
    """Back to the beginning; the uploaded file is deleted."""
    if path := _file().get("path"):
        path.unlink(missing_ok=True)
    for key in ("file", "mapped", "mapping", "result", "changes", "seen", "error"):
        state.forget(f"import:{key}")
    for key in HELD:
        state.drop(f"import:{key}")
    state.keep("import:round", state.remember("import:round", 0) + 1)


def stem() -> str:
    """The uploaded file's name without its ending."""
    return Path(_file().get("name", "")).stem.strip()
