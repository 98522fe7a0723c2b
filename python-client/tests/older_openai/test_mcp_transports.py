"""The Python SDK's client, the oldest 2.x that we install, over stdio and HTTP."""

from support.mcp_transports import *  # noqa: F403
