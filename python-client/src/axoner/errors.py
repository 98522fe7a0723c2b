"""Everything the client raises on purpose.

AxonerError
├── ToolError            the tool answered with an error: ``code`` says what kind, the text what to try
│   ├── InvalidInput       an argument is unknown, missing or out of range
│   ├── NotFound           no such file, dataset, page or tool
│   ├── NotAllowed         outside the roots, or switched off by the options
│   ├── BlockedAddress     not a public address; see ``allow_private``
│   ├── RobotsDenied       the site's robots.txt forbids it
│   ├── ToolTimeout        the tool's own time limit passed (also a ``TimeoutError``)
│   ├── TooLarge           over a limit of size, memory or disk
│   ├── Unreadable         a file or page that cannot be read as what it should be
│   ├── HttpError          a server answered with an error
│   ├── RateLimited        a server asks to slow down
│   ├── ProviderError      a model provider refused
│   ├── BudgetExceeded     a limit of turns, tokens or money was reached
│   ├── Conflict           someone else changed the same thing first
│   ├── Cancelled          the call was cancelled
│   ├── Unavailable        something it needs is not there now; a later call may work
│   └── Internal           a defect in the server; its log has the stack
├── CallTimeout          ``timeout=`` passed before the answer came; the call was cancelled (also a ``TimeoutError``)
├── BridgeClosed         the bridge was used after ``close()``
├── ServerDied           the server process ended during a call that is not safe to repeat, or twice; the next call
│                        starts a new one
├── ConfigError          the server refused its options; the text is what it said
├── ServerNotFound       no server command, or it cannot be started
├── ProtocolError        the process answered something that is not MCP, or refused the request
└── IncompleteRows       the rows of a result were cut and no dataset holds the rest
"""

from __future__ import annotations


class AxonerError(Exception):
    """Base of everything the client raises on purpose."""


class ToolError(AxonerError):
    """A tool answered with an error. ``code`` is one of the codes above or, from a plugin's tool, its own."""

    code = "internal"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = type(self).code if code is None else code

    def __reduce__(self) -> tuple[type[ToolError], tuple[str, str]]:
        return type(self), (str(self), self.code)


class InvalidInput(ToolError):
    code = "invalid_input"


class NotFound(ToolError):
    code = "not_found"


class NotAllowed(ToolError):
    code = "not_allowed"


class BlockedAddress(ToolError):
    code = "blocked_address"


class RobotsDenied(ToolError):
    code = "robots_denied"


class ToolTimeout(ToolError, TimeoutError):
    code = "timeout"


class TooLarge(ToolError):
    code = "too_large"


class Unreadable(ToolError):
    code = "unreadable"


class HttpError(ToolError):
    code = "http_error"


class RateLimited(ToolError):
    code = "rate_limited"


class ProviderError(ToolError):
    code = "provider_error"


class BudgetExceeded(ToolError):
    code = "budget_exceeded"


class Conflict(ToolError):
    code = "conflict"


class Cancelled(ToolError):
    code = "cancelled"


class Unavailable(ToolError):
    code = "unavailable"


class Internal(ToolError):
    code = "internal"


class CallTimeout(AxonerError, TimeoutError):
    """``timeout=`` passed before the answer came; the server was told to stop the call."""


class BridgeClosed(AxonerError):
    """The bridge was used after, or closed during, the call."""


class ServerDied(AxonerError):
    """The server process ended. ``stderr`` holds the last lines it wrote; the next call starts a new server."""

    def __init__(self, message: str, returncode: int | None = None, stderr: str = "") -> None:
        super().__init__(message, returncode, stderr)
        self.returncode = returncode
        self.stderr = stderr

    def during(self, tool: str) -> ServerDied:
        """The same, where it matters that the call may have been done in part."""
        text = f"{self.args[0]} during {tool}, which was not repeated: it may have done part of its work already"
        return ServerDied(text, self.returncode, self.stderr)

    def __str__(self) -> str:
        text = str(self.args[0])
        return f"{text}; the last it wrote:\n{self.stderr}" if self.stderr else text


class ConfigError(AxonerError):
    """The server refused the options or the environment it was started with; the text is what it said of them."""


class ServerNotFound(AxonerError):
    """No server command was found, or it cannot be started."""


class ProtocolError(AxonerError):
    """The server answered something that is not MCP, or refused the request. ``code`` is JSON-RPC's, if it sent one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


class IncompleteRows(AxonerError):
    """The rows of a result were cut and no dataset holds the rest."""


_BY_CODE: dict[str, type[ToolError]] = {kind.code: kind for kind in ToolError.__subclasses__()}


def tool_error(code: str, message: str) -> ToolError:
    """The exception of an error code; a plain ``ToolError`` for a code that is not one of ours."""
    return _BY_CODE.get(code, ToolError)(message, code)
