"""A server as the SDK's own guide writes it, with one tool."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("mcp")


@server.tool()
def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


server.run()
