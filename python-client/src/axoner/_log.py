"""The server's log, line by line on its stderr, as records of the logger ``axoner.server``."""

from __future__ import annotations

import logging
import re

#: Where no handler is configured, Python itself prints warnings and worse to stderr.
logger = logging.getLogger("axoner.server")

#: What the agent calls in this program.
tool_logger = logging.getLogger("axoner.tools")

_MARKED = re.compile(r"axoner(?: (error|warn|info|debug))?: (.*)")
_LEVELS = {"warn": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}


class ServerLog:
    """Reads the lines of one server. A line that is indented goes on with the one before, at its level."""

    def __init__(self) -> None:
        self._level = logging.WARNING

    def line(self, text: str) -> None:
        if not text.strip():
            return
        marked = _MARKED.fullmatch(text)
        if marked is not None:
            self._level = _LEVELS.get(marked[1], logging.ERROR)
            text = marked[2]
        elif not text.startswith((" ", "\t")):
            self._level = logging.WARNING  # whatever else a process or a plugin prints
        logger.log(self._level, "%s", text)
