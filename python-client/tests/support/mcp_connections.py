"""The clients of the Python SDK, 1.x and 2.x, whichever is installed, over stdio and HTTP."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from axoner import Bridge
from support import HERE

TOKEN = "correct horse battery"
IS_FIRST = version("mcp").startswith("1.")
ERAS = ["2025-11-25"] if IS_FIRST else ["2025-11-25", "2026-07-28"]


class Connection:
    """What a test asks of a client: a ``ClientSession`` of 1.x, or a ``Client`` of 2.x."""

    def __init__(self, client: Any, era: str) -> None:
        self.client, self.era = client, era

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name: str, arguments: dict[str, Any], **options: Any) -> tuple[bool, dict[str, Any], str]:
        """Whether it failed, the structured result, and the text."""
        result = await self.client.call_tool(name, arguments, **options)
        failed, structured = (
            (result.isError, result.structuredContent) if IS_FIRST else (result.is_error, result.structured_content)
        )
        return failed, structured, result.content[0].text

    async def say_cancelled(self) -> None:
        """Tell the server that the last call was given up; 2.x does so by itself."""
        if IS_FIRST:
            from mcp.types import CancelledNotification, CancelledNotificationParams, ClientNotification

            last = self.client._request_id - 1  # it tells nobody the number of a call
            params = CancelledNotificationParams(requestId=last, reason="given up")
            await self.client.send_notification(ClientNotification(CancelledNotification(params=params)))


@asynccontextmanager
async def connect(over: str, era: str, root: Path, *, token: str = TOKEN) -> AsyncIterator[Connection]:
    """A client of the shipped server in a folder. Over HTTP the server wants a token."""
    program, *arguments = Bridge(root=root, plugin=HERE / "patient.mjs").command
    # stdio clients pass no variable on; a shared engine would outlive its test, and a busy machine make jobs of calls
    command = [program, *arguments, "--shared-engine", "off", "--answer-within", "0"]
    if over == "stdio":
        async with _speak(StdioServerParameters(command=command[0], args=command[1:]), era) as connection:
            yield connection
        return
    headers = {"Authorization": f"Bearer {token}"}
    with listening(command) as url:
        async with create_mcp_http_client(headers=headers) as http, _speak((url, http), era) as connection:
            yield connection


@asynccontextmanager
async def _speak(server: Any, era: str) -> AsyncIterator[Connection]:
    is_stdio = isinstance(server, StdioServerParameters)
    transport = stdio_client(server) if is_stdio else streamable_http_client(server[0], http_client=server[1])
    if IS_FIRST:
        async with transport as (reading, writing, *_), ClientSession(reading, writing) as session:
            yield Connection(session, (await session.initialize()).protocolVersion)
    else:
        from mcp import Client

        async with Client(transport, mode="legacy" if era.startswith("2025") else era) as client:
            yield Connection(client, client.protocol_version)


@contextmanager
def listening(command: list[str]) -> Iterator[str]:
    """The server on a port of its own, and its address; it has ended when the block has."""
    process = subprocess.Popen(
        [*command, "--http", "127.0.0.1:0"],
        env={**os.environ, "AXONER_TOKEN": TOKEN},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"listens on (http:\S+/mcp)", line):
                yield found[1]
                break
        else:
            raise AssertionError(f"the server did not listen: {said}")
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stderr.close()
