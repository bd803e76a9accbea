"""python -m bench.pipelines: how fast rows are loaded, beside what else loads them, and in how much memory.

Writes bench/PIPELINES.md and exits 1 where a budget is missed. Every baseline is of the same run, the same rows and the
same server: raw COPY of a text file that is ready, executemany of psycopg, and dlt's merge, where PGMASON_BENCH_DLT
names a Python that has dlt[postgres] and pyarrow (it shares no interpreter with pgmason). Ours is the command itself,
`pgmason pipeline run`, by the Python that PGMASON_BENCH_PYTHON names, where pgmason[pipelines] should be installed and
nothing else, or else by this one: where pandas and numpy are installed, Arrow imports them, and that is not ours.

    python -m bench.pipelines [--rows 1000000] [--memory-rows 50000000] [--repeats 3]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import psycopg

import pgmason
from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line, today
from bench.measurement import Budget, Measurement, table
from bench.pipeline_baselines import executemany, server_alone, write_halves
from bench.pipeline_rows import TABLE, write_rows
from bench.plain_server import PlainServer, plain_server
from pgmason.evidence import write_whole

HERE = Path(__file__).parent
RESULTS = HERE / "PIPELINES.md"
HOW = """\
Each number is a median, taken in turn with its baseline. Rows have ten columns, about 170 bytes as text. Ours is always
the time of the whole command, from its start to its exit; a baseline is the time of its work alone, after imports and
connecting. Append goes into a table without indexes; the upsert meets a table with a primary key that holds two thirds
of the rows, of which half are the same. What the server alone takes: rows that are ready in the binary form, sent by
two sessions into an unlogged table, and one MERGE that writes those that differ; no reading of Parquet, no checks, no
ledger. dlt ran with Arrow in and its `upsert` strategy, which is one MERGE; its files are CSV for COPY, or Parquet by
ADBC, which is the fastest that it has. Its table is as near to ours as it makes one: text where ours has uuid, and by
ADBC json where ours has jsonb. Memory is the peak resident size of the loading process as the kernel tells it. The
first rows are there when a new process has imported everything, connected and sent its first batch: told by the size of
the staging table. After each upsert that is not dlt's the table has the rows of the table that was appended to.
"""


def main() -> int:
    arguments = Arguments()
    rows, repeats = arguments.number("--rows", 1_000_000), arguments.number("--repeats", 3)
    memory_rows = arguments.number("--memory-rows", 50_000_000)
    arguments.done()
    with temporary_folder("pipelines") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        machine, measured, said = machine_line(), [], list[str]()
        with plain_server(work / "server") as server:
            server.psql("postgres", "-c", "CREATE DATABASE loads")
            for one in _measurements(server, work, rows, memory_rows, repeats, said):
                print(" | ".join(one.cells()), file=sys.stderr)
                measured.append(one)
    text = (
        f"# Measurements of loads\n\nWritten by `python -m bench.pipelines --rows {rows} --memory-rows {memory_rows}`"
        f" on {today()}, code {code_digest()}. {machine}.\n\n{table(measured)}\n"
        + "".join(f"{line}\n\n" for line in said)
        + HOW
    )
    write_whole(RESULTS, text)
    print(text, end="")
    return 1 if any(one.met is False for one in measured) else 0


def _measurements(
    server: PlainServer, work: Path, rows: int, memory_rows: int, repeats: int, said: list[str]
) -> Iterator[Measurement]:
    url = server.url("loads")
    bench = _Bench(server, url, work, rows)
    yield from bench.append(repeats)
    yield from bench.upsert(repeats, said)
    yield bench.unchanged()
    yield bench.first_row(repeats)
    if memory_rows:
        yield from bench.memory(memory_rows)
    else:
        said.append("Skipped: memory, because --memory-rows is 0.")


class _Bench:
    """The files of rows, the tables, and the ways to fill them; times are seconds."""

    def __init__(self, server: PlainServer, url: str, work: Path, rows: int) -> None:
        self.server = server
        self.url = url
        self.rows = rows
        self.work = work
        self.before = write_rows(work / "before", rows * 2 // 3)
        self.after = write_rows(work / "after", rows, changed_from=rows // 3)
        self.session = psycopg.connect(url, autocommit=True)

    def _project(self, folder: Path, *, target: str, policy: str, key: bool) -> Path:
        """A folder with a file of one pipeline, `load`, over the files of a folder."""
        project = folder.with_name(f"{folder.name}_{policy}")
        file = project / "pipelines" / "load.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        keyed = 'key=["id"], ' if key else ""
        file.write_text(
            "from pgmason.pipelines import extract, pipeline\n\n\n"
            f'@pipeline(extract=extract.files("{folder}/*.parquet"), target="{target}", {keyed}'
            f'on_conflict="{policy}")\n'
            "def load(batch):\n    return batch\n"
        )
        return project

    def _command(self, project: Path) -> subprocess.Popen[bytes]:
        """The pipeline's run as a user starts it, with bytecode that is kept."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return subprocess.Popen(
            [os.environ.get("PGMASON_BENCH_PYTHON", sys.executable), "-P", "-m", "pgmason", "pipeline", "run", "load"],
            cwd=project,
            env={**environment, "DATABASE_URL": self.url, "PYTHONPATH": str(Path(pgmason.__file__).parents[1])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _load(self, project: Path) -> tuple[float, int]:
        """The pipeline in a process of its own: seconds of the whole process, and its peak in kB."""
        self.session.execute("DROP SCHEMA IF EXISTS pgmason CASCADE")
        began = time.perf_counter()
        process = self._command(project)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return time.perf_counter() - began, usage.ru_maxrss

    def _made(self, name: str, *, key: bool, like_before: bool = False) -> None:
        self.session.execute(f"DROP TABLE IF EXISTS {name}".encode())
        self.session.execute(f"CREATE TABLE {name} ({TABLE}{', PRIMARY KEY (id)' if key else ''})".encode())
        if like_before:
            self.session.execute(f"INSERT INTO {name} SELECT * FROM kept_before".encode())
            self.session.execute(f"VACUUM ANALYZE {name}".encode())
        self.session.execute("CHECKPOINT")

    def append(self, repeats: int) -> Iterator[Measurement]:
        """Parquet straight into a table, against COPY of the same rows as a text file that is ready."""
        project = self._project(self.after, target="public.appended", policy="append", key=False)
        self._made("appended", key=False)
        self._load(project)
        text = self.work / "rows.txt"
        with text.open("wb") as out, self.session.cursor().copy("COPY appended TO STDOUT") as copy:
            for chunk in copy:
                out.write(chunk)

        def ours() -> float:
            self._made("appended", key=False)
            return self._load(project)[0]

        def raw() -> float:
            self._made("appended", key=False)
            began = time.perf_counter()
            with text.open("rb") as rows, self.session.cursor().copy("COPY appended FROM STDIN") as copy:
                while chunk := rows.read(1 << 20):
                    copy.write(chunk)
            return time.perf_counter() - began

        mine, theirs = _in_turn(repeats, ours, raw)
        yield Measurement(
            what=f"append {self.rows:,} rows of Parquet, whole process",
            value=mine,
            unit="s",
            against="raw COPY of a ready text file",
            baseline=theirs,
            repeats=repeats,
            budget=Budget(at_most=1.25, of="ratio"),
        )

    def upsert(self, repeats: int, said: list[str]) -> Iterator[Measurement]:
        """A third new, a third changed, a third the same."""
        kept = self._project(self.before, target="public.kept_before", policy="append", key=False)
        self._made("kept_before", key=False)
        self._load(kept)
        project = self._project(self.after, target="public.upserted", policy="update", key=True)

        def ours() -> float:
            self._made("upserted", key=True, like_before=True)
            return self._upserted(self._load(project)[0])

        def many_rows() -> float:
            self._made("upserted", key=True, like_before=True)
            began = time.perf_counter()
            executemany(self.url, self.after)
            return self._upserted(time.perf_counter() - began)

        halves = write_halves(self.url, self.work / "halves", self.rows)
        parts: list[tuple[float, float]] = []

        def alone() -> float:
            self._made("upserted", key=True, like_before=True)
            parts.append(server_alone(self.url, halves))
            return self._upserted(sum(parts[-1]))

        mine, many = _in_turn(repeats, ours, many_rows)
        what = f"upsert {self.rows:,} rows, a third new, a third changed, a third the same, whole process"
        yield Measurement(
            what=what,
            value=mine,
            unit="s",
            against="executemany",
            baseline=many,
            repeats=repeats,
            budget=Budget(at_most=1 / 3, of="ratio"),
        )
        mine, least = _in_turn(repeats, ours, alone)
        yield Measurement(
            what=what,
            value=mine,
            unit="s",
            against="what the server alone takes for it",
            baseline=least,
            repeats=repeats,
        )
        staging, merging = (median(part[place] for part in parts) for place in (0, 1))
        said.append(
            f"What the server alone takes: {staging:.2f} s until the rows are staged, {merging:.2f} s for the MERGE."
        )
        dlt = os.environ.get("PGMASON_BENCH_DLT")
        if dlt is None:
            said.append("Skipped: dlt's merge, because PGMASON_BENCH_DLT names no Python that has dlt.")
            return
        for file_format, told in (("csv", "dlt merge by COPY of CSV"), ("parquet", "dlt merge by ADBC")):
            try:
                mine, theirs = _in_turn(
                    repeats,
                    ours,
                    lambda: self._dlt(dlt, file_format),  # noqa: B023  called within the turn
                )
            except subprocess.CalledProcessError as exc:
                said.append(f"Skipped: {told}, because it fails: {exc.stderr.strip().splitlines()[-1][:200]}")
                continue
            yield Measurement(
                what=what,
                value=mine,
                unit="s",
                against=told,
                baseline=theirs,
                repeats=repeats,
                budget=Budget(at_most=0.25, of="ratio"),
            )
            if theirs / 4 < least:
                said.append(
                    f"A quarter of {told} is {theirs / 4:.2f} s. The server alone takes {least:.2f} s for these rows,"
                    " so no loader that stages them on this server can be four times as fast."
                )

    def _upserted(self, seconds: float) -> float:
        """The seconds, where the upsert left what it should: what append makes of the same files."""
        query = "SELECT (SELECT count(*) FROM upserted), count(*) FROM (TABLE appended EXCEPT TABLE upserted) missing"
        assert self.session.execute(query).fetchone() == (self.rows, 0)
        return seconds

    def _dlt(self, python: str, file_format: str) -> float:
        for schema in ("by_dlt", "by_dlt_staging"):
            self.session.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
        command = [python, str(HERE / "dlt_load.py"), self.url, str(self.before), str(self.after), file_format]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=self.work)
        rows, seconds = done.stdout.split()[-2:]
        assert int(rows) == self.rows, done.stdout
        return float(seconds)

    def unchanged(self) -> Measurement:
        """The same rows once more: how many tuples of the target were written."""
        project = self._project(self.after, target="public.upserted", policy="update", key=True)
        self._made("upserted", key=True)
        self._load(project)
        written = "SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = 'upserted'"
        before = self._settled(written)
        seconds, _ = self._load(project)
        after = self._settled(written)
        assert after >= before
        return Measurement(
            what=f"tuples written by a run over the same {self.rows:,} rows ({seconds:.1f} s)",
            value=float(after - before),
            unit="tuples",
            against="the first run",
            baseline=float(before),
            repeats=1,
            budget=Budget(at_most=0, of="value"),
        )

    def _settled(self, query: str) -> int:
        """A counter of the statistics, once it stands still: sessions hand theirs in when they end."""
        seen = -1
        while True:
            time.sleep(1.5)
            self.session.execute("SELECT pg_stat_clear_snapshot()")
            row = self.session.execute(query.encode()).fetchone()
            now = int(row[0]) if row else 0
            if now == seen:
                return now
            seen = now

    def first_row(self, repeats: int) -> Measurement:
        """From the start of the process to rows in the staging table, seen by its size."""
        project = self._project(self.after, target="public.upserted", policy="update", key=True)

        def once() -> float:
            self._made("upserted", key=True)
            self.session.execute("DROP SCHEMA IF EXISTS pgmason CASCADE")
            began = time.perf_counter()
            with self._command(project) as process:
                query = "SELECT coalesce(pg_relation_size(to_regclass('pgmason.stage_load')), 0)"
                while (self.session.execute(query).fetchone() or (0,))[0] == 0:
                    assert process.poll() is None
                    time.sleep(0.005)
                seconds = time.perf_counter() - began
                process.wait()
            return seconds

        def bare() -> float:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import psycopg, pyarrow.parquet, pgpq"], check=True)
            return time.perf_counter() - began

        mine, imports = _in_turn(repeats, once, bare)
        return Measurement(
            what="from the command to the first rows on the server",
            value=mine,
            unit="s",
            against="importing psycopg, pyarrow and pgpq",
            baseline=imports,
            repeats=repeats,
            budget=Budget(at_most=1.0, of="value"),
        )

    def memory(self, memory_rows: int) -> Iterator[Measurement]:
        """The peak of the process for a fiftieth of the rows and for all of them."""
        peaks = []
        for place, rows in enumerate((max(memory_rows // 50, 1), memory_rows)):
            folder = write_rows(self.work / f"many_{place}", rows, columns=("id", "customer", "total", "at"))
            project = self._project(folder, target="public.many", policy="append", key=False)
            self.session.execute("DROP TABLE IF EXISTS many")
            self.session.execute(
                "CREATE UNLOGGED TABLE many (id bigint, customer int, total numeric(12,2), at timestamptz)"
            )
            peaks.append(self._load(project)[1] / 1024)
        self.session.execute("DROP TABLE many")
        for budget in (Budget(at_most=1.2, of="ratio"), Budget(at_most=500, of="value")):
            yield Measurement(
                what=f"peak memory of loading {memory_rows:,} rows",
                value=peaks[1],
                unit="MB",
                against=f"{max(memory_rows // 50, 1):,} rows",
                baseline=peaks[0],
                repeats=1,
                budget=budget,
            )


def _in_turn(repeats: int, one: Callable[[], float], other: Callable[[], float]) -> tuple[float, float]:
    """Medians of both, each run of the one followed by a run of the other, so that a busy machine slows both."""
    pairs = [(one(), other()) for _ in range(repeats)]
    return median(first for first, _ in pairs), median(second for _, second in pairs)


if __name__ == "__main__":
    sys.exit(main())
