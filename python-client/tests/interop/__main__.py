"""`python -m interop GROUP` lists the rows of an environment; with the name of one, runs that; both print JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from .cells import run_cells
from .drivers import DRIVERS


def main(group: str, row: str | None = None) -> None:
    rows = DRIVERS[group]
    if row is None:
        print(json.dumps(list(rows)))
        return
    package, make = rows[row]
    with tempfile.TemporaryDirectory(prefix="axoner-interop-") as folder:
        os.chdir(folder)
        os.environ["XDG_CONFIG_HOME"] = folder
        cells = asyncio.run(run_cells(make, Path(folder)))
        print(json.dumps({"row": row, "version": f"{package} {version(package)}", "cells": cells}), flush=True)
        os.chdir("/")
    os._exit(0)  # some clients keep threads that never end


main(*sys.argv[1:])
