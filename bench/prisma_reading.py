"""What does it cost to read and lower a schema.prisma of 1,000 models, the server's part apart?

`python -m bench.prisma_reading` prints the CPU seconds of three runs, in a process of its own.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

from bench.measurement import Budget, Measurement, timed
from pgmason.catalog.collector import without_collector
from pgmason.sources.prisma.lowering import lower
from pgmason.sources.prisma.parser import parse
from pgmason.sources.prisma.resolving import resolve
from pgmason.sources.prisma.version import NEWEST

__all__ = ["large_prisma_schema", "measure_prisma_reading"]

MODELS = 1_000
REPEATS = 3
_MODEL = """\
/// Thing {n}
model Thing{n} {{
  id        String   @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  createdAt DateTime @default(now()) @map("created_at") @db.Timestamptz(3)
  updatedAt DateTime @updatedAt @map("updated_at") @db.Timestamptz(3)
  name      String   @db.VarChar(120) // what people call it
  email     String?  @unique(map: "thing{n}_mail")
  status    Status   @default(A)
  amount    Decimal  @default(0) @db.Decimal(12, 2)
  tags      String[] @default([])
  payload   Json?
{relations}
  @@unique([name, status])
  @@index([createdAt(sort: Desc)])
  @@index([status, createdAt])
  @@map("things_{n}")
}}

"""


def large_prisma_schema() -> str:
    """1,000 models of ten columns, each but the first with a relation to another; the same text each time."""
    chance = random.Random(1)
    target = {n: chance.randrange(MODELS) for n in range(1, MODELS)}
    referring: dict[int, list[int]] = {}
    for n, other in target.items():
        referring.setdefault(other, []).append(n)
    text = 'datasource db {\n  provider = "postgresql"\n}\n\nenum Status {\n  A\n  B\n  C @map("c")\n}\n\n'
    for n in range(MODELS):
        relations = "".join(f'  things{one} Thing{one}[] @relation("r{one}")\n' for one in referring.get(n, ()))
        if n in target:
            relations += '  otherId String @map("other_id") @db.Uuid\n'
            relations += f'  other Thing{target[n]} @relation("r{n}", fields: [otherId], references: [id])\n'
            relations += "\n  @@index([otherId])\n"
        text += _MODEL.format(n=n, relations=relations)
    return text


def measure_prisma_reading() -> Iterator[Measurement]:
    """Reading and lowering, as CPU seconds of a process of its own."""
    command = [sys.executable, "-m", "bench.prisma_reading"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    nothing = median(timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)) for _ in range(REPEATS))
    yield Measurement(
        what="reading and lowering a schema.prisma of 1,000 models (CPU)",
        value=median(map(float, done.stdout.split())),
        unit="s",
        against="python -c pass",
        baseline=nothing,
        repeats=REPEATS,
        budget=Budget(at_most=1.0, of="value"),
    )


def main() -> int:
    text = large_prisma_schema()
    for _ in range(REPEATS):
        began = time.process_time()
        with without_collector():
            document, faults = parse(text, file="schema.prisma")
            statements = lower(resolve([document], faults), NEWEST)
        print(time.process_time() - began)
        assert len(statements) > 6 * MODELS, "the schema is not whole"
    return 0


if __name__ == "__main__":
    sys.exit(main())
