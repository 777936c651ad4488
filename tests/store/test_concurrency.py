"""Writers wait for each other, and a reader waits for nobody."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from apportion.frames import CONTROLS, conform
from store.examples import rows


def _controls(name: str, value: float) -> pd.DataFrame:
    row = {"date": ["2024-03-01"], "name": [name], "value": [value]}
    return conform(pd.DataFrame(row), CONTROLS)


def test_a_reader_is_not_blocked_by_a_write_and_sees_the_state_before_it(tenant):
    tenant.write("controls", [_controls("price", 1)])
    seen = []

    def batches():
        yield _controls("price", 2)
        with ThreadPoolExecutor(1) as thread:
            seen.extend(thread.submit(tenant.controls).result(timeout=5)["value"])

    tenant.write("controls", batches())

    assert seen == [1.0]
    assert tenant.controls()["value"].tolist() == [2.0]


def test_a_second_writer_waits_and_then_wins(tenant):
    first_writes = threading.Event()

    def slowly():
        first_writes.set()
        yield _controls("price", 1)
        time.sleep(0.3)

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(tenant.write, "controls", slowly())
        first_writes.wait(timeout=5)
        tenant.write("controls", [_controls("price", 2)])
        first.result(timeout=5)

    assert tenant.controls()["value"].tolist() == [2.0]


def test_many_writers_of_the_same_rows_all_succeed(tenant):
    names = "abcdef"

    def write(number: int) -> int:
        # Each in another order: without a lock they would wait for each other in a circle.
        turned = names[number:] + names[:number]
        return tenant.write("controls", [_controls(name, number) for name in turned])

    with ThreadPoolExecutor(6) as threads:
        written = list(threads.map(write, range(6)))

    assert written == [6] * 6
    assert len(set(tenant.controls()["value"])) == 1


def test_two_tenants_write_at_once(two_tenants):
    def write(tenant):
        return tenant.write_all((name, [row]) for name, row in rows().items())

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(write, two_tenants)) == [7, 7]
