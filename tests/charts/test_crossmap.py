"""The crosstab as a picture: what stands in the cells, what a click means, names that are hostile, every label on the plot."""

from __future__ import annotations

import pytest

from cxdash.charts import crossmap, labels, theme
from cxdash.export.images import png
from tests.charts.test_crosstab import HOSTILE, table, titles

LANGUAGES = ("ko", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_cells_say_value_letters_and_base(lang: str) -> None:
    frame = crossmap.data(table(), titles(), lang=lang)
    assert frame.height == 3 * 4 and frame["x"].n_unique() == 4 and frame["y"].n_unique() == 3
    best = frame.row(1, named=True)
    assert (best["text"], best["below"], best["letters"]) == ("70.0 B C", "n=400", "B C") and best["opacity"] > 0
    assert "70.0" in best["said"] and "서울" in best["said"]
    small, hidden = frame.row(3, named=True), frame.row(5, named=True)
    assert (small["text"], small["ink"], small["opacity"]) == ("(20.0)", theme.MUTED, 0.0)
    assert hidden["text"] == "–" and hidden["below"] == "n=6" and hidden["opacity"] == 0.0


def test_a_click_names_line_and_column_and_totals_neither() -> None:
    picks = crossmap.data(table(), titles(), lang="ko")[theme.PICK].to_list()
    assert picks == ["0,-1", "0,0", "0,1", "0,2", "1,-1", "1,0", "1,1", "1,2", "-1,-1", "-1,0", "-1,1", "-1,2"]
    metrics = crossmap.data(table(totals=False), titles(), lang="ko")[theme.PICK].to_list()
    assert metrics == picks[:8]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_drawn_and_hostile_names_stay_words(lang: str) -> None:
    names = titles(HOSTILE, HOSTILE)
    frame = crossmap.data(table(), names, lang=lang)
    assert labels.plain(HOSTILE) in frame["row"].to_list() and frame["x"].n_unique() == 4
    drawn = crossmap.chart(table(), names, lang=lang, value="NPS").to_dict()
    assert drawn["height"] == crossmap.height(frame)
    spec = theme.pickable(crossmap.spec(lang, frame, value="NPS"))
    assert [layer["name"] for layer in spec["layer"] if layer.get("name") == theme.TARGET] == [theme.TARGET]
    assert png(theme.standalone(spec, frame, width=crossmap.least_width(table(), names)))[:4] == b"\x89PNG"
