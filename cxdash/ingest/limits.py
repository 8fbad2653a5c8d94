"""How much a file may cost before cxdash says no."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one import.

    max_bytes: size of the file itself. max_unpacked: sum of the parts of a zipped workbook (an .xlsx sheet of a million rows and
    a hundred columns, about the largest a survey can be, unpacks to some 3 GB). max_cells: rows x columns of one table.
    max_columns: a table may not be wider (Excel's own limit is 16,384). max_text: characters of one cell (Excel's own limit is 32,767).
    memory_mb: address space of the parsing process beyond what the bare interpreter and libraries reserve. seconds: wall time.
    threads: of the columnar engine in the parsing process. nice: how far it steps back behind interactive work.
    """

    max_bytes: int = 200 * MB
    max_unpacked: int = 4096 * MB
    max_cells: int = 120_000_000
    max_columns: int = 20_000
    max_text: int = 1_000_000
    memory_mb: int = 3072
    seconds: float = 300.0
    threads: int = 2
    nice: int = 5

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, doc: dict[str, Any]) -> Limits:
        return cls(**doc)
