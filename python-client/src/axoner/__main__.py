"""``python -m axoner`` is the command ``axoner``."""

from ._main import main

raise SystemExit(main())
