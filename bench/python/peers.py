"""The same jobs by every way from Python: over axoner's client, by frameworks, and without axoner.

    python peers.py WAY FOLDER [NAME VALUE …]

Names and values are options of the server. Tasks are lines of JSON, and each is answered with one; the way is made
ready at the first. `{"job": "rows" | "group", "file", "inputs": [number, …]}`, five rows from a place on and a group-by
of those behind an id, gives `{"ms", "direct_ms", "answers", "since_start_ms"}`, lists with an element for each input;
`direct_ms` are calls of the bridge itself, each right after one by the framework. `{"job": "pages", "urls"}` gives the
same with a digest of the frame as its answer. Ends at an empty line.
"""

import sys
import time

BEGUN = time.perf_counter()

import json  # noqa: E402 - what every way needs counts for none
import os  # noqa: E402

FOLDER = sys.argv[2]
OPTIONS = dict(zip(sys.argv[3::2], sys.argv[4::2], strict=True))
COLUMNS = ["id", "city"]


def tool_call(job, file, given):
    if job == "rows":
        return "read_rows", {"source": file, "offset": given, "limit": 5, "columns": COLUMNS}
    sql = f"""select city, count(*) as n, sum(quantity)::bigint as total, round(avg(price), 6) as mean
              from '{file}' where id > {given} group by city order by city"""
    return "query_data", {"sql": sql, "limit": 500}


def timed(action, *given):
    begun = time.perf_counter()
    answer = action(*given)
    return answer, (time.perf_counter() - begun) * 1000


def answer_of(told):
    fields = json.loads(told) if isinstance(told, str) else told
    return fields["rows"]


def run_calls(task, call, direct=None):
    """By a function `call(name, arguments)`, which gives what a model is told or a mapping; without one, by pandas."""
    found = {"ms": [], "direct_ms": [], "answers": []}
    natively = pandas_rows if task["job"] == "rows" else pandas_group
    for given in task["inputs"]:
        name, arguments = tool_call(task["job"], task["file"], given)
        if call is None:
            rows, ms = timed(natively, task["file"], given)
            told = {"rows": rows}
        else:
            told, ms = timed(call, name, arguments)
        found["ms"].append(ms)
        found["since_start_ms"] = (time.perf_counter() - BEGUN) * 1000
        found["answers"].append(answer_of(told))
        if direct is not None:
            found["direct_ms"].append(timed(direct, name, arguments)[1])
    return found


def open_bridge():
    from axoner import Bridge

    return Bridge(root=FOLDER, options=OPTIONS)


def settings(framework):
    from axoner import mcp_config

    return mcp_config(framework, root=FOLDER, options=OPTIONS)


def on_loop(begin):
    """Ways of an event loop: `begin` is a coroutine that gives `async call(name, arguments)`."""
    import asyncio

    loop = asyncio.new_event_loop()
    call = loop.run_until_complete(begin())
    return lambda name, arguments: loop.run_until_complete(call(name, arguments))


def bridge_way():
    return open_bridge().call_tool


def async_bridge_way():
    from axoner import AsyncBridge

    async def begin():
        bridge = AsyncBridge(root=FOLDER, options=OPTIONS)

        async def call(name, arguments):
            return await bridge.call_tool(name, arguments)

        return call

    return on_loop(begin)


def pipe_way():
    """The least a client can do: a line out, a line in."""
    import subprocess

    command = [*open_bridge().command, "--answer-within", "0"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    replies = os.fdopen(os.dup(server.stdout.fileno()), "rb")

    def ask(method, params):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        server.stdin.write(line.encode() + b"\n")
        return json.loads(replies.readline())["result"]

    client = {"name": "bench", "version": "0"}
    ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client})
    return lambda name, arguments: ask("tools/call", {"name": name, "arguments": arguments})["structuredContent"]


def langchain_native_way():
    from axoner.langchain import tools

    bridge = open_bridge()
    by_name = {tool.name: tool for tool in tools(bridge)}

    def call(name, arguments):
        return by_name[name].invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments}).content

    return call, bridge.call_tool


def langchain_call(tools):
    by_name = {tool.name: tool for tool in tools}

    async def call(name, arguments):
        message = await by_name[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
        return message.content if isinstance(message.content, str) else message.content[0]["text"]

    return call


def langchain_session_way():
    async def begin():
        from langchain_mcp_adapters.client import MultiServerMCPClient
        from langchain_mcp_adapters.tools import load_mcp_tools

        session = MultiServerMCPClient(settings("langchain")).session("axoner")
        KEPT.append(session)
        return langchain_call(await load_mcp_tools(await session.__aenter__()))

    return on_loop(begin)


def langchain_per_call_way():
    async def begin():
        from langchain_mcp_adapters.client import MultiServerMCPClient

        return langchain_call(await MultiServerMCPClient(settings("langchain")).get_tools())

    return on_loop(begin)


def crewai_native_way():
    from axoner.crewai import tools

    bridge = open_bridge()
    by_name = {tool.name: tool for tool in tools(bridge)}
    return lambda name, arguments: by_name[name].run(**arguments), bridge.call_tool


def crewai_adapter_way():
    from crewai_tools import MCPServerAdapter

    KEPT.append(MCPServerAdapter(**settings("crewai")))
    by_name = {tool.name: tool for tool in KEPT[0].tools}
    return lambda name, arguments: by_name[name].run(**arguments)


def crewai_mcps_way():
    from crewai import LLM, Agent
    from crewai.mcp import MCPServerStdio

    parameters = settings("crewai")["serverparams"]
    server = MCPServerStdio(command=parameters.command, args=parameters.args, env=parameters.env)
    llm = LLM(model="openai/gpt-4o", api_key="sk-local")
    agent = Agent(role="analyst", goal="answer", backstory="looks", mcps=[server], llm=llm)
    by_name = {tool.original_tool_name: tool for tool in agent.get_mcp_tools(agent.mcps)}
    return lambda name, arguments: by_name[name].run(**arguments)


def strands_call(tools):
    by_name = {tool.tool_name: tool for tool in tools}

    async def call(name, arguments):
        use = {"toolUseId": "1", "name": name, "input": arguments}
        events = [event async for event in by_name[name].stream(use, {})]
        return events[-1].tool_result["content"][0]["text"]

    return call


def strands_native_way():
    from axoner.strands import tools

    bridge = open_bridge()

    async def begin():
        return strands_call(tools(bridge))

    return on_loop(begin), bridge.call_tool


def strands_mcp_way():
    from strands.tools.mcp import MCPClient

    client = MCPClient(**settings("strands")).start()
    KEPT.append(client)
    tools = client.list_tools_sync()

    async def begin():
        return strands_call(tools)

    return on_loop(begin)


def pandas_rows(file, offset):
    import pandas as pd

    # as text, which is what `read_rows` gives of a CSV
    rows = pd.read_csv(file, usecols=COLUMNS, dtype=str, skiprows=range(1, offset + 1), nrows=5)
    return [list(row) for row in rows.itertuples(index=False)]


def pandas_group(file, after):
    import pandas as pd

    sales = pd.read_csv(file, usecols=["id", "city", "quantity", "price"])
    by_city = sales[sales["id"] > after].groupby("city", sort=True)
    found = by_city.agg(n=("price", "size"), total=("quantity", "sum"), mean=("price", "mean")).reset_index()
    return [[city, n, int(total), round(mean, 6)] for city, n, total, mean in found.itertuples(index=False)]


def bridge_pages(urls):
    return open_pages_bridge().scrape(urls, extract="text").to_pandas()


def open_pages_bridge():
    if not KEPT:
        KEPT.append(open_bridge())
    return KEPT[0]


def soup_pages(parser):
    """64 pages at once, as axoner does."""

    def pages(urls):
        import asyncio

        import httpx
        import pandas as pd
        from bs4 import BeautifulSoup

        async def fetch(client, gate, url):
            async with gate:
                response = await client.get(url)
            soup = BeautifulSoup(response.text, parser)
            text = " ".join(soup.find("main").get_text().split())
            return {"url": url, "title": soup.find("title").get_text(), "content": text}

        async def run():
            gate = asyncio.Semaphore(64)
            async with httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=64)) as client:
                return await asyncio.gather(*(fetch(client, gate, url) for url in urls))

        return pd.DataFrame(asyncio.run(run()))

    return pages


def digest(frame):
    """Of all addresses, titles and texts in one line; marks in front of items are axoner's own."""
    import hashlib
    import re

    columns = zip(frame["url"], frame["title"], frame["content"], strict=True)
    rows = [[url, title, " ".join(re.sub(r"(?m)^- ", "", text).split())] for url, title, text in columns]
    return [len(rows), hashlib.sha256(json.dumps(rows).encode()).hexdigest()]


def run_pages(urls, read):
    frame, ms = timed(read, urls)
    return {"ms": [ms], "since_start_ms": (time.perf_counter() - BEGUN) * 1000, "answers": [digest(frame)]}


CALLS = {
    "line on a pipe": pipe_way,
    "Bridge": bridge_way,
    "AsyncBridge": async_bridge_way,
    "LangChain, native": langchain_native_way,
    "LangChain, MCP, one session": langchain_session_way,
    "LangChain, MCP, a session per call": langchain_per_call_way,
    "CrewAI, native": crewai_native_way,
    "CrewAI, MCPServerAdapter": crewai_adapter_way,
    "CrewAI, mcps=": crewai_mcps_way,
    "Strands, native": strands_native_way,
    "Strands, MCP": strands_mcp_way,
    "pandas": lambda: (None, None),
}
PAGES = {
    "Bridge": bridge_pages,
    "httpx + BeautifulSoup": soup_pages("html.parser"),
    "httpx + BeautifulSoup, lxml": soup_pages("lxml"),
}
#: What ends with the process.
KEPT = []


def run(way, task, ready):
    if task["job"] == "pages":
        return run_pages(task["urls"], PAGES[way])
    if not ready:
        made = CALLS[way]()
        ready.extend(made if isinstance(made, tuple) else (made, None))
    return run_calls(task, *ready)


def main(way):
    ready = []
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # frameworks print
    for line in sys.stdin:
        if line.strip() == "":
            break
        answer = run(way, json.loads(line), ready)
        print(json.dumps(answer), file=replies, flush=True)
    os._exit(0)  # some clients keep threads that never end; their servers end with their input


main(sys.argv[1])
