"""The claim that pipelines can run twice: what each kind of proof, and none, makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gate_input import Given, pipelines, proof_of

from pgmason.config import Product
from pgmason.evidence import Gap, Status
from pgmason.gate.criteria.pipelines_idempotent import PipelinesIdempotent
from pgmason.pipelines.proofs import ProductPipelines, product_pipelines


@pytest.mark.parametrize(
    ("found", "status", "gap", "said"),
    [
        (pipelines(), Status.NOT_APPLICABLE, None, "no pipeline"),
        (pipelines(files=["orders"]), Status.NOT_PROVEN, Gap.MISSING, "no proof of orders"),
        (pipelines(proof_of("a"), files=["b"]), Status.NOT_PROVEN, Gap.MISSING, "no proof of b"),
        (pipelines(proof_of("a", current=False)), Status.NOT_PROVEN, Gap.STALE, "a: edited since"),
        (
            pipelines(proof_of("a"), proof_of("b", holds=False, faults=("a second run changes it: t",))),
            Status.NOT_PROVEN,
            Gap.REFUTED,
            "b: a second run changes it: t",
        ),
        (pipelines(proof_of("a"), proof_of("b", chance=("t.created_at",))), Status.PROVEN, None, "2 pipelines"),
    ],
)
def test_the_verdict_follows_the_proofs(
    product: Callable[..., Product], found: ProductPipelines, status: Status, gap: Gap | None, said: str
) -> None:
    verdict = PipelinesIdempotent().judge(Given(product=product(), pipelines_=found))
    assert (verdict.status, verdict.gap) == (status, gap)
    assert said in verdict.why
    if status is Status.PROVEN:
        assert any("t.created_at" in note for note in verdict.notes)


def test_pipelines_are_found_by_their_files_and_their_tests_are_none(
    product: Callable[..., Product], tmp_path: Path
) -> None:
    folder = tmp_path / "src" / "pipelines"
    folder.mkdir(parents=True)
    for name in ("orders.ts", "orders.test.ts", "test_users.py", "users.py", "_shared.py", "index.ts", "notes.md"):
        (folder / name).write_text("x")
    found = product_pipelines(product())
    assert sorted(found.files) == ["orders", "users"]
    before = found.digest
    (folder / "users.py").write_text("y")
    assert product_pipelines(product()).digest != before
