"""The Python SDK's client, the newest 2.x, over stdio and HTTP."""

from support.mcp_transports import *  # noqa: F403
