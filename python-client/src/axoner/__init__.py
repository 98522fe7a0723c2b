"""Axoner: fast data tools over one stdio pipe.

from axoner import Bridge

with Bridge(root=".") as bridge:
    print(bridge.query_data("select count(*) from 'sales.csv'").rows)
"""

from ._version import __version__
from .client import Bridge
from .errors import (
    AxonerError,
    BlockedAddress,
    BridgeClosed,
    BudgetExceeded,
    CallTimeout,
    Cancelled,
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

__all__ = [
    "AxonerError",
    "BlockedAddress",
    "Bridge",
    "BridgeClosed",
    "BudgetExceeded",
    "CallTimeout",
    "Cancelled",
    "Conflict",
    "HttpError",
    "IncompleteRows",
    "Internal",
    "InvalidInput",
    "NotAllowed",
    "NotFound",
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
]
