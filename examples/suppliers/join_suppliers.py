"""Join scraped supplier pages with a CSV of orders, from Python, with no row passing through Python.

Serves a small supplier site on this machine, writes a CSV of orders, starts axoner's server over stdio, scrapes the
site into a dataset, joins the two by SQL and prints a report. Offline, without a key, with the standard library alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "python-client" / "src"))

from done import DoneSteps, fingerprint  # noqa: E402
from orders import write_orders  # noqa: E402
from report import print_failures, print_files, print_registration, print_report  # noqa: E402
from supplier_site import SupplierSite  # noqa: E402
from terminal import paint, size, step, total  # noqa: E402

from axoner import AxonerError, Bridge  # noqa: E402

FIELDS = [
    {"name": "supplier_id", "css": ".supplier-id"},
    {"name": "name", "css": "h1.name"},
    {"name": "country", "css": ".country"},
    {"name": "lead_days", "css": ".lead-days"},
    {"name": "rating", "css": ".rating"},
]
JOIN = """
select o.order_id, o.sku, o.supplier_id, o.quantity, o.unit_price, o.ordered_on,
       s.name, s.country, s.lead_days::integer as lead_days, s.rating::double as rating
from 'orders.csv' o join suppliers s using (supplier_id)
"""
REPORT = """
select supplier_id, name, country, count(*) as orders, sum(quantity)::bigint as units,
       round(sum(quantity * unit_price), 2)::double as revenue,
       any_value(lead_days) as lead_days, any_value(rating) as rating
from order_lines group by supplier_id, name, country order by revenue desc, supplier_id
"""


def main() -> int:
    options = read_options()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        forget(options.out)
    print(paint("bold", f"axoner: {options.pages} scraped pages joined with {options.rows:,} orders"))
    print(paint("dim", "Python drives the tools over one stdio pipe; no row passes through Python.\n"))
    started = time.perf_counter()
    done = DoneSteps(options.out / "done.json")
    orders = make_orders(options, done)
    with SupplierSite() as site, closing(Bridge(root=options.out, allow_private=site.address)) as bridge:
        start(bridge)
        pages = scrape_site(bridge, site, options.pages, done)
        joined = query(
            bridge,
            "join",
            {"sql": JOIN, "save_as": "order_lines", "orders": orders, "suppliers": pages["dataset"]},
            done,
        )
        report = query(
            bridge, "report", {"sql": REPORT, "save_as": "supplier_report", "order_lines": joined["dataset"]}, done
        )
        top = bridge.read_rows("supplier_report", limit=10)
    total(time.perf_counter() - started)
    print_report(top, report["row_count"])
    print_failures(pages)
    print_files(options.out, [("suppliers", pages), ("order_lines", joined), ("supplier_report", report)])
    print_registration(Bridge(root=options.out).command)
    return 0


def forget(out: Path) -> None:
    """Remove what this job writes, and nothing else that may lie there."""
    for name in ("done.json", "orders.csv"):
        (out / name).unlink(missing_ok=True)
    if (out / ".axoner").exists():
        shutil.rmtree(out / ".axoner")


def make_orders(options: argparse.Namespace, done: DoneSteps) -> dict[str, Any]:
    path = options.out / "orders.csv"
    inputs = {"rows": options.rows, "suppliers": options.pages, "source": fingerprint(HERE / "orders.py")}
    with step("orders") as running:
        if done.find("orders", inputs) is None:
            write_orders(path, options.rows, options.pages, running.progress)
            done.record("orders", inputs, [path], {})
        else:
            running.skipped = True
        running.outcome = f"{options.rows:,} rows in orders.csv, {size(path)}"
    return inputs


def start(bridge: Bridge) -> None:
    with step("server") as running:
        running.outcome = f"{len(bridge.list_tools())} tools, one process on stdio"


def scrape_site(bridge: Bridge, site: SupplierSite, pages: int, done: DoneSteps) -> dict[str, Any]:
    inputs = {"pages": pages, "fields": FIELDS, "source": fingerprint(HERE / "supplier_site.py")}
    with step("scrape") as running:
        facts = done.find("scrape", inputs)
        running.skipped = facts is not None
        if facts is None:
            result = bridge.scrape(
                site.urls(pages),
                select=FIELDS,
                per_host=32,
                timeout_s=10,
                save_as="suppliers",
                progress=running.progress,
            )
            kept = {name: result[name] for name in ("dataset", "dataset_path", "row_count", "ok", "failures")}
            facts = done.record("scrape", inputs, [result.dataset_path], kept)
        running.outcome = f"{facts['ok']} of {facts['row_count']} pages, as dataset suppliers"
    return facts


def query(bridge: Bridge, name: str, inputs: dict[str, Any], done: DoneSteps) -> dict[str, Any]:
    """Run a step's SQL into a dataset, unless that was done with the same inputs."""
    with step(name) as running:
        facts = done.find(name, inputs)
        running.skipped = facts is not None
        if facts is None:
            result = bridge.query_data(inputs["sql"], limit=1, save_as=inputs["save_as"])
            kept = {key: result[key] for key in ("dataset", "dataset_path", "row_count")}
            facts = done.record(name, inputs, [result.dataset_path], kept)
        running.outcome = f"{facts['row_count']:,} rows, as dataset {inputs['save_as']}"
    return facts


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="npm start --",
        description=__doc__,
        epilog="A second run skips the steps whose inputs and files are as an earlier run left them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rows", type=_count(50_000_000), default=1_000_000, metavar="N", help="orders in the CSV (default: 1000000)"
    )
    parser.add_argument(
        "--pages", type=_count(900), default=60, metavar="N", help="supplier pages to scrape (default: 60)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=HERE / "out",
        metavar="DIR",
        help="where everything is written (default: %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs did, and do everything anew")
    options = parser.parse_args()
    options.out = options.out.resolve()
    return options


def _count(most: int) -> Any:
    def number(text: str) -> int:
        if text.replace("_", "").isdecimal() and 1 <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to {most}")

    return number


def _interrupt_once(_signal: int, _frame: FrameType | None) -> None:
    """The first Ctrl-C ends the run in good order; the ones behind it must not disturb that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _interrupt_once)
    sys.stdout.reconfigure(errors="replace")  # a console without ✓ shall not end the run
    try:
        sys.exit(main())
    except AxonerError as error:
        print(f"axoner: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # whoever read has seen enough, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print("axoner: cancelled; what is finished is kept for the next run", file=sys.stderr)
        sys.exit(130)
