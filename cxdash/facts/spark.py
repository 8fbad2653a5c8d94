"""The same questions on Spark, for data that one machine does not hold.

CXDASH_FACTS_URL = spark://MASTER?data=FOLDER. MASTER is Spark's own ("local[4]", "host:7077" …); FOLDER is a path that this process writes
and every Spark worker reads. The responses are written there as Parquet, a batch at a time, and anew when the clock moved:
this engine is for large programmes that change now and then, not for a survey that collects answers every second.
"""

from __future__ import annotations

import importlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import polars as pl

from cxdash.errors import ConfigError
from cxdash.facts.answers import Following
from cxdash.facts.frame import STORED, derive, read_part
from cxdash.facts.ruled import RuledFacts
from cxdash.facts.schema import FactsSchema, Source

NAMED = ("local", "yarn", "k8s")  # masters that are not the address of a Spark cluster of its own


class SparkFacts(RuledFacts):
    """`Facts` over a PySpark DataFrame, or a Parquet path, with the columns of cxdash.facts.frame (texts instead of Enums)."""

    def __init__(self, session: Any, data: Any, schema: FactsSchema, version: int) -> None:
        super().__init__(session.read.parquet(str(data)) if isinstance(data, (str, Path)) else data, schema, version)


class SparkEngine:
    """One Spark session, started with the first question. ConfigError when pyspark is not installed or the address is incomplete."""

    def __init__(self, address: str) -> None:
        master, _, query = address.partition("?")
        folder = parse_qs(query).get("data", [""])[0]
        if not master or not folder:
            raise ConfigError("facts.engine.address", url=f"spark://{address}")
        try:
            self._sql = importlib.import_module("pyspark.sql")
        except ImportError:
            raise ConfigError("facts.engine.missing", package="pyspark") from None
        self.master = master if master.startswith(NAMED) else f"spark://{master}"
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._session: Any = None

    def session(self) -> Any:
        with self._lock:
            if self._session is None:
                builder = self._sql.SparkSession.builder.master(self.master).appName("cxdash facts")
                self._session = builder.config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
            return self._session

    def facts(self, source: Source, program_id: int) -> FollowingSparkFacts:
        return FollowingSparkFacts(self, source, self.folder / f"program-{program_id}-{source.identity[:16]}")


class FollowingSparkFacts(Following):
    """`Facts` of one programme on Spark, written anew when its clock moved."""

    def __init__(self, engine: SparkEngine, source: Source, folder: Path) -> None:
        self._engine, self._source, self._folder = engine, source, folder
        self._lock = threading.Lock()
        self._answers: SparkFacts | None = None

    def current(self) -> SparkFacts:
        with self._lock:
            if self._answers is None or self._answers.version() != self._source.clock():
                path, schema, version = publish(self._source, self._folder)
                self._answers = SparkFacts(self._engine.session(), path, schema, version)
            return self._answers

    def close(self) -> None:
        """Nothing runs in the background; the session is shared."""


def publish(source: Source, folder: Path) -> tuple[Path, FactsSchema, int]:
    """Writes a programme's responses to `folder`/<version> as Parquet and removes older versions. Returns that path, schema and version.

    Memory stays that of one batch. A version whose marker file is there is whole, and not written again.
    """
    with source.read() as reading:
        schema, version = reading.schema(), reading.clock()
        target = folder / f"v{version}-{schema.rows_key[:8]}{schema.derived_key[:8]}"
        marker = target / "_whole.json"  # Spark reads no file whose name begins with an underscore
        if not marker.is_file():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            number = 0
            for number, batch in enumerate(reading.pull(0), 1):
                _write(batch, schema, target / f"part-{number:05}.parquet")
            if number == 0:
                _write(pl.DataFrame(schema=STORED), schema, target / "part-00000.parquet")
            marker.write_text(json.dumps({"version": version}))
    for old in folder.iterdir():
        if old != target:
            shutil.rmtree(old, ignore_errors=True)
    return target, schema, version


def _write(batch: pl.DataFrame, schema: FactsSchema, path: Path) -> None:
    frame = derive(read_part(batch, schema).frame, schema)
    texts = [name for name, kind in frame.schema.items() if kind in (pl.Enum, pl.Categorical)]
    frame.with_columns(pl.col(name).cast(pl.String) for name in texts).write_parquet(path)
