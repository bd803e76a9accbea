"""The supplier's list into the shop's products. What is done with a row is in src/pipelines/supplier_products.ts."""

from pgmason.pipelines import expect, extract, pipeline, transform

TRANSFORM = transform.program("node", "dist/pipelines/supplier_products.js", each=True)


@pipeline(
    extract=extract.files("imports/products/*.jsonl"),
    target="public.products",
    key=["sku"],
    on_conflict="update",
    expect=[expect.matches("sku", "[A-Z]{3}-[0-9]+"), expect.between("price_cents", 1, 1_000_000)],
    schedule="0 4 * * *",
)
def supplier_products(batch):
    return TRANSFORM(batch)
