"""The Python SDK's client, 1.x, over stdio and HTTP."""

from support.mcp_transports import *  # noqa: F403
