"""What benchmarks.import_xlsx measures in processes of their own.

python -m benchmarks.import_work floor FILE | own FILE
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.children import Meter


def floor(path: Path) -> None:
    """fastexcel reads the sheet, nothing more."""
    import fastexcel

    meter = Meter()
    with meter.part("read"):
        sheet = fastexcel.read_excel(path).load_sheet(0)
    meter.tell(rows=sheet.height, columns=sheet.width)


def own(path: Path) -> None:
    """Proposal, and file to committed with a mapping that is known; then the figures that the committed responses give."""
    from cxdash import runtime
    from cxdash.config import load_settings
    from cxdash.services import imports, metrics
    from cxdash.services.actor import LOCAL

    meter = Meter()
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as home:
        deps = runtime.build(load_settings({"CXDASH_HOME": home, "CXDASH_DEMO": "0"}))
        with meter.part("inspect"):
            proposal = imports.inspect(deps, LOCAL, path, name=path.name).proposal
        with meter.part("commit"):
            done = imports.commit(deps, LOCAL, path, name=path.name, fingerprint=proposal.fingerprint,
                                  order=imports.Order("benchmark", "2024", proposal.mapping))
        peaks = meter.peaks()  # before the figures are asked for: that memory is not the import's
        figures = metrics.metrics(deps, LOCAL, program=done.program).total
        meter.tell(peaks, inserted=done.rows_inserted, problems=done.problem_cells, figures=_figures(figures, proposal.mapping.columns))
        deps.engine.dispose()


def _figures(total: object, columns: object) -> dict[str, list[float]]:
    """Header of a rating -> its n and mean."""
    by_code = {q.question.code: q for q in total.questions}  # type: ignore[attr-defined]
    return {c.header: [by_code[c.code].n, by_code[c.code].mean.value] for c in columns if c.code in by_code}  # type: ignore[attr-defined]


if __name__ == "__main__":
    {"floor": floor, "own": own}[sys.argv[1]](Path(sys.argv[2]))
