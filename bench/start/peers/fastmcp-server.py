"""A server as FastMCP's own guide writes it, with one tool."""

from fastmcp import FastMCP

server = FastMCP("fastmcp")


@server.tool
def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


server.run(show_banner=False)
