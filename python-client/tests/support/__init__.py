"""What the tests put around the client: servers and sites that stand in for the world."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]

#: The command of the awkward server.
AWKWARD = [sys.executable, str(HERE / "awkward_server.py")]
