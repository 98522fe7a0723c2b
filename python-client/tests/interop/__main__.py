"""`python -m interop GROUP` lists the rows of an environment; with the name of one, runs that; both print JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from axoner import __version__

from .cells import run_cells
from .drivers import DRIVERS
from .work import end_all


def main(group: str, row: str | None = None) -> None:
    rows = DRIVERS[group]
    if row is None:
        print(json.dumps(list(rows)))
        return
    package, make = rows[row]
    with tempfile.TemporaryDirectory(prefix="axoner-interop-") as folder:
        os.chdir(folder)
        os.environ.update(XDG_CONFIG_HOME=folder, HOME=folder)
        try:
            cells = asyncio.run(run_cells(make, Path(folder)))
            found = __version__ if package == "axoner" else version(package)
            print(json.dumps({"row": row, "version": f"{package} {found}", "cells": cells}), flush=True)
        finally:
            end_all(Path(folder))
            os.chdir("/")
    os._exit(0)  # some clients keep threads that never end


main(*sys.argv[1:])
