"""Axoner: fast data tools over one stdio pipe.

from axoner import Bridge

with Bridge(root=".") as bridge:
    print(bridge.query_data("select count(*) from 'sales.csv'").rows)
"""

from typing import TYPE_CHECKING, Any

from ._progress import Progress
from ._version import __version__
from .client import Bridge
from .errors import (
    AxonerError,
    BlockedAddress,
    BridgeClosed,
    BudgetExceeded,
    CallTimeout,
    Cancelled,
    ConfigError,
    Conflict,
    HttpError,
    IncompleteRows,
    Internal,
    InvalidInput,
    NotAllowed,
    NotFound,
    ProtocolError,
    ProviderError,
    RateLimited,
    RobotsDenied,
    ServerDied,
    ServerNotFound,
    TooLarge,
    ToolError,
    ToolTimeout,
    Unavailable,
    Unreadable,
)
from .results import TableResult, ToolResult

if TYPE_CHECKING:
    from ._mcp_config import mcp_config
    from .agent import AgentEvent, AgentResult, AgentRun, AsyncAgentRun
    from .aio import AsyncBridge, AsyncCall

__all__ = [
    "AgentEvent",
    "AgentResult",
    "AgentRun",
    "AsyncAgentRun",
    "AsyncBridge",
    "AsyncCall",
    "AxonerError",
    "BlockedAddress",
    "Bridge",
    "BridgeClosed",
    "BudgetExceeded",
    "CallTimeout",
    "Cancelled",
    "ConfigError",
    "Conflict",
    "HttpError",
    "IncompleteRows",
    "Internal",
    "InvalidInput",
    "NotAllowed",
    "NotFound",
    "Progress",
    "ProtocolError",
    "ProviderError",
    "RateLimited",
    "RobotsDenied",
    "ServerDied",
    "ServerNotFound",
    "TableResult",
    "TooLarge",
    "ToolError",
    "ToolResult",
    "ToolTimeout",
    "Unavailable",
    "Unreadable",
    "__version__",
    "mcp_config",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name == "mcp_config":
        from ._mcp_config import mcp_config

        return mcp_config
    if name in __all__:  # asyncio takes longer to import than all of the package
        from . import agent, aio

        return getattr(aio if name in ("AsyncBridge", "AsyncCall") else agent, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
