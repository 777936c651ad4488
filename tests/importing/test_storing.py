"""Imports and the store together, on both databases: all rows of all parts, or none."""

import numpy as np
import pytest

from apportion.errors import ImportRefusedError
from apportion.importing import files
from apportion.importing.cells import MAX_BYTES

HEADER = "date,channel,spend\n"


def store_all(tenant, imported) -> int:
    return tenant.write_all((part, imported.batches(part)) for part in imported.parts)


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr(files, "CHUNK_ROWS", 10)
    monkeypatch.setattr(files, "_BLOCK_BYTES", 200)


def test_bad_last_row_leaves_what_was_there_before(save, opened, tenant):
    store_all(tenant, opened("spend", save(HEADER + "2024-01-01,meta,1\n")))
    rows = "".join(f"2024-01-01,channel {i},5\n" for i in range(100))
    imported = opened("spend", save(HEADER + "2024-01-01,meta,2\n" + rows + "2024-01-02,meta,x\n"))

    with pytest.raises(ImportRefusedError, match="row 103"):
        store_all(tenant, imported)

    assert tenant.spend()[["channel", "spend"]].to_numpy().tolist() == [["meta", 1]]


def test_last_row_of_a_key_is_stored_however_far_apart_they_are(save, opened, tenant):
    rows = [f"2024-01-01,channel {number % 30},{number}\n" for number in range(90)]
    imported = opened("spend", save(HEADER + "".join(rows)))

    store_all(tenant, imported)

    assert sorted(tenant.spend()["spend"]) == list(range(60, 90))
    assert imported.summary.parts[0].rows == 30


def test_bad_control_keeps_spend_and_outcomes_out_too(save, opened, tenant):
    text = "date,revenue,tv,price\n2024-01-01,5,1,2\n2024-01-08,6,1,-\n"
    imported = opened("mmm", save(text), spend=("tv",), control=("price",))

    with pytest.raises(ImportRefusedError, match="column price"):
        store_all(tenant, imported)

    assert tenant.spend().empty
    assert tenant.outcomes().empty


def test_texts_of_the_longest_size_fit_the_keys(save, opened, tenant, monkeypatch):
    monkeypatch.setattr(files, "_BLOCK_BYTES", 1 << 20)
    random = np.random.default_rng(1)  # what compresses well would fit anyway
    long = [
        "".join(map(chr, random.integers(0xC0, 0x17F, MAX_BYTES // 2)))
        for _ in ("channel", "campaign", "region")
    ]
    text = f"date,channel,campaign,region,spend\n2024-01-01,{','.join(long)},1\n"

    store_all(tenant, opened("spend", save(text)))

    assert tenant.spend()[["channel", "campaign", "region"]].to_numpy().tolist() == [long]


def test_shopify_items_are_stored_after_their_orders(request, opened, tenant, monkeypatch):
    monkeypatch.setattr(files, "_BLOCK_BYTES", 1 << 20)

    store_all(tenant, opened("conversions", request.path.parent / "files" / "shopify_orders.csv"))

    assert len(tenant.conversions()) == 3
    assert tenant.order_items()["quantity"].sum() == 7
