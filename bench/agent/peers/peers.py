"""The benchmark's sessions as users of langchain, openai-agents, pydantic-ai and strands would write them.

    python peers.py PEER

Imports what it needs, prints `ready`, then reads tasks, each a line of JSON `{"sessions", "streamed", "base_url",
"folder"}`. Prints a line of JSON when the sessions of a task have ended. The line `abort` cancels them. Each keeps its
history on disk in the way its framework has for that; pydantic-ai has none, so it appends lines of JSON.
"""

import asyncio
import json
import os
import sys
import time

SYSTEM = (
    "You keep the inventory of a workshop. Look up what is in stock before you order, never order twice, and say in the "
    "end what you ordered and under which name."
)
# as clients of thousands of sessions have to be set up: one for all, without a limit of their own
TIMEOUT_S = 600


def question(token):
    return f"Fill up bolts and nuts for {token}: look both up at once, then order what is missing."


async def look_up(token: str, item: str) -> str:
    """How many of an item are in stock."""
    return json.dumps({"stock": f"{item} of {token}: 7"})


async def place_order(token: str, bolts: float, nuts: float) -> str:
    """Order bolts and nuts."""
    return json.dumps({"order": f"{bolts + nuts:g} pieces ordered for {token}"})


def open_client(task):
    import httpx
    from openai import AsyncOpenAI

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    http = httpx.AsyncClient(limits=limits, timeout=TIMEOUT_S)
    return AsyncOpenAI(base_url=task["base_url"], api_key="k", http_client=http, max_retries=3)


def langchain_peer():
    import httpx
    from langchain.agents import create_agent
    from langchain_core.messages import AIMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async def serve(task, run_all):
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        model = ChatOpenAI(
            model="mock",
            base_url=task["base_url"],
            api_key="k",
            streaming=task["streamed"],
            max_retries=3,
            http_async_client=httpx.AsyncClient(limits=limits, timeout=TIMEOUT_S),
        )
        async with AsyncSqliteSaver.from_conn_string(os.path.join(task["folder"], "checkpoints.sqlite")) as saver:
            agent = create_agent(model, [tool(look_up), tool(place_order)], system_prompt=SYSTEM, checkpointer=saver)

            async def run(token):
                asked = {"messages": [{"role": "user", "content": question(token)}]}
                config = {"configurable": {"thread_id": token}}
                if not task["streamed"]:
                    return (await agent.ainvoke(asked, config))["messages"][-1].text
                text = ""
                async for piece, _ in agent.astream(asked, config, stream_mode="messages"):
                    if isinstance(piece, AIMessage):
                        text += piece.text
                return text

            await run_all(run)

    return serve


def openai_agents_peer():
    from agents import Agent, OpenAIChatCompletionsModel, Runner, SQLiteSession, function_tool, set_tracing_disabled

    set_tracing_disabled(True)

    async def serve(task, run_all):
        model = OpenAIChatCompletionsModel(model="mock", openai_client=open_client(task))
        tools = [function_tool(look_up), function_tool(place_order)]
        agent = Agent(name="stock", instructions=SYSTEM, model=model, tools=tools)

        async def run(token):
            session = SQLiteSession(token, os.path.join(task["folder"], f"{token}.sqlite"))
            try:
                if not task["streamed"]:
                    return (await Runner.run(agent, question(token), session=session)).final_output
                result = Runner.run_streamed(agent, question(token), session=session)
                async for _ in result.stream_events():
                    pass
                return result.final_output
            finally:
                session.close()

        await run_all(run)

    return serve


def pydantic_ai_peer():
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelMessagesTypeAdapter
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def serve(task, run_all):
        model = OpenAIChatModel("mock", provider=OpenAIProvider(openai_client=open_client(task)))
        agent = Agent(model, system_prompt=SYSTEM)
        agent.tool_plain(look_up)
        agent.tool_plain(place_order)

        async def run(token):
            with open(os.path.join(task["folder"], f"{token}.jsonl"), "ab") as output:
                saved = 0
                async with agent.iter(question(token)) as steps:
                    async for node in steps:
                        if task["streamed"] and Agent.is_model_request_node(node):
                            async with node.stream(steps.ctx) as events:
                                async for _ in events:
                                    pass
                        messages = steps.all_messages()
                        if len(messages) > saved:
                            output.write(ModelMessagesTypeAdapter.dump_json(messages[saved:]) + b"\n")
                            output.flush()
                            saved = len(messages)
                return steps.result.output

        await run_all(run)

    return serve


def strands_peer():
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    from strands import Agent, tool
    from strands.models.openai import OpenAIModel
    from strands.session.file_session_manager import FileSessionManager

    async def serve(task, run_all):
        if not task["streamed"]:
            raise RuntimeError("its model for this service always streams")
        client = open_client(task)
        tools = [tool(look_up), tool(place_order)]

        async def run(token):
            manager = FileSessionManager(session_id=token, storage_dir=task["folder"])
            model = OpenAIModel(client=client, model_id="mock")
            agent = Agent(model=model, tools=tools, system_prompt=SYSTEM, session_manager=manager, callback_handler=None)
            return str(await agent.invoke_async(question(token)))

        await run_all(run)

    return serve


PEERS = {
    "langchain": langchain_peer,
    "openai-agents": openai_agents_peer,
    "pydantic-ai": pydantic_ai_peer,
    "strands": strands_peer,
}


async def main(serve):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    state = {"sessions": [], "aborted": None}

    async def perform(task):
        finished, failures = 0, []

        async def session(number, run):
            nonlocal finished
            token = f"tok-{number:05d}-x"
            try:
                text = await run(token)
                if token not in text:
                    raise RuntimeError(f"{token} ended with: {text}")
                finished += 1
            except (Exception, asyncio.CancelledError) as failure:
                failures.append(repr(failure)[:300])

        async def run_all(run):
            state["sessions"] = [asyncio.create_task(session(number, run)) for number in range(task["sessions"])]
            await asyncio.gather(*state["sessions"])

        try:
            await serve(task, run_all)
        except RuntimeError as failure:
            failures.append(str(failure))
        settled = None if state["aborted"] is None else (time.perf_counter() - state["aborted"]) * 1e3
        kinds = list(dict.fromkeys(failures))[:3]
        failed = task["sessions"] - finished
        print(json.dumps({"finished": finished, "failed": failed, "failures": kinds, "settled_ms": settled}), flush=True)

    while line := (await reader.readline()).decode().strip():
        if line != "abort":
            work = asyncio.create_task(perform(json.loads(line)))
            continue
        state["aborted"] = time.perf_counter()
        for session in state["sessions"]:
            session.cancel()
    os._exit(0)


asyncio.run(main(PEERS[sys.argv[1]]()))
