"""Any program as a transform: it reads an Arrow stream on standard input and writes one on standard output.

By default the program is started for each batch and reads until its input ends, which every program can do. With
`each=True` it is started once for a worker and answers each record batch with one, in order, as the loop that
`pgmason pipeline new --language typescript` writes does. What it says on standard error is shown when it fails. It
gets the environment without DATABASE_URL and what else names a secret.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.errors import OutOfReach, PgmasonError, WrongUse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Program", "ProgramFailed", "program"]

_SECRET = ("PASSWORD", "SECRET", "TOKEN", "DATABASE_URL", "PGPASS", "CREDENTIAL", "PRIVATE_KEY", "API_KEY")


class ProgramFailed(PgmasonError):
    """A program left with another code than 0, or wrote what is no Arrow stream, or too few batches."""

    code = "program-failed"


class ProgramMissing(OutOfReach):
    """The program that a transform names is not on this machine."""

    code = "program-missing"


def program(*command: str, each: bool = False, timeout_s: float = 300, cwd: str | Path | None = None) -> Program:
    """A transform that is a program: `program("node", "dist/pipelines/orders.js", each=True)`.

    `cwd` is where it runs (the process's folder when this is declared, unless said); `timeout_s` bounds one batch.
    """
    if not command:
        raise WrongUse("program() names no command")
    return Program(command=command, each=each, timeout_s=timeout_s, cwd=str(cwd or Path.cwd()))


@dataclass(frozen=True, kw_only=True)
class Program:
    """See `program`. Called with a batch, as any transform."""

    command: tuple[str, ...]
    each: bool
    timeout_s: float
    cwd: str

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return self._through_running(batch) if self.each else self._through_own(batch)

    @property
    def shown(self) -> str:
        return " ".join(self.command)

    def _through_own(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch through a process of its own. Raises ProgramFailed, ProgramMissing."""
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        try:
            done = subprocess.run(
                self.command,
                input=sink.getvalue().to_pybytes(),
                capture_output=True,
                cwd=self.cwd,
                env=_environment(),
                timeout=self.timeout_s,
                check=False,
            )
        except OSError as exc:
            raise self._missing(exc) from exc
        except subprocess.TimeoutExpired as exc:
            raise ProgramFailed(f"did not answer a batch within {self.timeout_s:g} s", where=self.shown) from exc
        if done.returncode != 0:
            raise ProgramFailed(f"left with code {done.returncode}{_last(done.stderr)}", where=self.shown)
        try:
            with pa.ipc.open_stream(done.stdout) as reader:
                table = reader.read_all()
        except (pa.ArrowException, OSError, EOFError) as exc:
            raise ProgramFailed(f"wrote no Arrow stream: {exc}{_last(done.stderr)}", where=self.shown) from exc
        return _one_batch(table)

    def _through_running(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        key = (os.getpid(), threading.get_ident(), self)
        running = _RUNNING.get(key)
        if running is None or running.schema != batch.schema:
            if running is not None:
                running.end()
            running = _RUNNING[key] = _Running(self, batch.schema)
        try:
            return running.answer(batch)
        except BaseException:
            del _RUNNING[key]
            running.end()
            raise

    def _missing(self, exc: OSError) -> ProgramMissing:
        return ProgramMissing(
            f"cannot be started: {exc.strerror}", where=self.shown, fix=f"install {self.command[0]}, or name it by path"
        )


class _Running:
    """A program that is kept running: one batch in, one batch out."""

    def __init__(self, program: Program, schema: pa.Schema) -> None:
        import pyarrow as pa

        self.program, self.schema = program, schema
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                program.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=program.cwd,
                env=_environment(),
            )
        except OSError as exc:
            self._errors.close()
            raise program._missing(exc) from exc
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._process.stdin, "w"), schema)
        self._reader: Any = None

    def answer(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """What the program makes of the batch. Raises ProgramFailed."""
        import pyarrow as pa

        late = threading.Timer(self.program.timeout_s, self._process.kill)
        late.start()
        sender = threading.Thread(target=self._send, args=(batch,), daemon=True)
        try:
            sender.start()
            if self._reader is None:
                self._reader = pa.ipc.open_stream(pa.PythonFile(self._process.stdout, "r"))
            answered: pa.RecordBatch = self._reader.read_next_batch()
            sender.join()
            return answered
        except (pa.ArrowException, OSError, EOFError, StopIteration) as exc:
            slow = late.finished.is_set()
            code = self._left()
            if code is None:
                self._process.kill()
                self._process.wait()
            if slow:
                told = f"did not answer a batch within {self.program.timeout_s:g} s"
            elif code is not None:
                told = f"left with code {code} before it answered a batch"
            else:
                told = f"wrote no Arrow stream with a batch for each it was given: {exc}"
            self._errors.seek(0)
            raise ProgramFailed(f"{told}{_last(self._errors.read())}", where=self.program.shown) from exc
        finally:
            late.cancel()

    def _left(self) -> int | None:
        """The code it left with; None where it still runs. Its output ends a moment before it is gone."""
        try:
            return self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return None

    def _send(self, batch: pa.RecordBatch) -> None:
        import contextlib

        import pyarrow as pa

        with contextlib.suppress(pa.ArrowException, OSError, ValueError):  # the reader tells that it has gone
            self._writer.write_batch(batch)
            if self._process.stdin is not None:
                self._process.stdin.flush()

    def end(self) -> None:
        """Its input ends; it has a moment to leave."""
        import contextlib

        with contextlib.suppress(Exception):
            self._writer.close()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


_RUNNING: dict[tuple[int, int, Program], _Running] = {}


@atexit.register
def _end_all() -> None:
    for (pid, _, _), running in list(_RUNNING.items()):
        if pid == os.getpid():
            running.end()
    _RUNNING.clear()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not any(word in name.upper() for word in _SECRET)}


def _last(stderr: bytes) -> str:
    """The last lines that a program wrote on standard error."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()[-8:]
    return "\n  " + "\n  ".join(lines) if lines else ""


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    import pyarrow as pa

    batches = table.combine_chunks().to_batches()
    if batches:
        return batches[0]
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in table.schema], schema=table.schema)
