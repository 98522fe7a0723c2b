"""What the Python SDK's own client does with the shipped server over either transport, in every era that it speaks.

The tests of each environment import these, for each holds another version of the SDK.
"""

from __future__ import annotations

import asyncio

import pytest

from support.mcp_connections import ERAS, connect

__all__ = [
    "test_a_call_that_is_given_up_stops_in_the_server_and_the_next_one_works",
    "test_a_client_lists_and_calls_tools_and_reads_what_went_wrong",
    "test_a_client_without_the_token_is_refused",
    "test_a_running_call_tells_how_far_it_is",
]

transports = pytest.mark.parametrize("over", ["stdio", "http"])
eras = pytest.mark.parametrize("era", ERAS)


@transports
@eras
def test_a_client_lists_and_calls_tools_and_reads_what_went_wrong(over, era, tmp_path):
    (tmp_path / "sales.csv").write_text("sku,amount\na,1\nb,2\n")

    async def run():
        async with connect(over, era, tmp_path) as client:
            assert client.era == era
            assert {"scrape", "query_data", "calculate", "wait"} <= set(await client.tools())
            total = await client.call("query_data", {"sql": "select sum(amount)::integer as total from 'sales.csv'"})
            assert (total[0], total[1]["rows"]) == (False, [[3]])
            failed, structured, text = await client.call("query_data", {"sql": "select * from 'no-such.csv'"})
            assert (failed, structured["code"]) == (True, "not_found")
            assert text.startswith("ERROR not_found: ")

    asyncio.run(run())


@transports
@eras
def test_a_running_call_tells_how_far_it_is(over, era, tmp_path):
    seen = []

    async def note(done, total, message):
        seen.append((done, total, message))

    async def run():
        async with connect(over, era, tmp_path) as client:
            return await client.call("count", {}, progress_callback=note)

    assert asyncio.run(run())[1]["counted"] == 3
    # what follows closely on another is not told
    assert (seen[0], seen[-1]) == ((1, 3, "counted 1"), (3, 3, "counted 3"))


@transports
@eras
def test_a_call_that_is_given_up_stops_in_the_server_and_the_next_one_works(over, era, tmp_path, eventually):
    note = tmp_path / "note"

    def says(text):
        return lambda: note.exists() and note.read_text() == text

    async def run():
        async with connect(over, era, tmp_path) as client:
            waiting = asyncio.create_task(client.call("wait", {"note": str(note)}))
            await asyncio.to_thread(eventually, says("begun\n"))
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await client.say_cancelled()
            await asyncio.to_thread(eventually, says("begun\nstopped\n"))
            return await client.call("calculate", {"expression": "6 * 7"})

    assert asyncio.run(run())[1]["result"] == "42"


@eras
def test_a_client_without_the_token_is_refused(era, tmp_path):
    async def run():
        async with connect("http", era, tmp_path, token="wrong") as client:
            await client.tools()

    with pytest.raises(Exception) as caught:
        asyncio.run(run())
    assert any("401" in str(error) or "needs a token" in str(error) for error in leaves(caught.value)), caught.value


def leaves(error):
    """What a task group's error is made of."""
    return [leaf for part in error.exceptions for leaf in leaves(part)] if hasattr(error, "exceptions") else [error]
