"""A CSV of orders: the same rows on every machine, quick to write."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from supplier_site import supplier_id

HEADER = "order_id,sku,supplier_id,quantity,unit_price,ordered_on\n"
BLOCK = 20_000


def write_orders(path: Path, rows: int, suppliers: int, progress: Callable[[int, int], None]) -> None:
    """Write all rows or no file. Each supplier is ordered from about equally often."""
    rng = random.Random(20_260_101)
    ids = [supplier_id(number) for number in range(1, suppliers + 1)]
    skus = [f"{rng.randrange(10**6):06}" for _ in range(5_000)]  # some begin with zeros, as real ones do
    prices = [f"{rng.randrange(99, 50_000) / 100:.2f}" for _ in range(5_000)]
    quantities = range(1, 41)
    days = [(date(2025, 1, 1) + timedelta(days)).isoformat() for days in range(365)]
    unfinished = path.with_suffix(".part")
    with open(unfinished, "w", encoding="ascii", newline="") as file:
        file.write(HEADER)
        for start in range(0, rows, BLOCK):
            numbers = range(start + 1, min(start + BLOCK, rows) + 1)
            columns = (rng.choices(values, k=len(numbers)) for values in (skus, ids, quantities, prices, days))
            file.writelines(
                f"{number},{sku},{supplier},{quantity},{price},{day}\n"
                for number, sku, supplier, quantity, price, day in zip(numbers, *columns, strict=True)
            )
            progress(numbers[-1], rows)
    os.replace(unfinished, path)
