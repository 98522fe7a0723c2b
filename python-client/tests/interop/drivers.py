"""Every framework's client, as its documentation says to use it. Imports are inside: no environment has them all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from axoner import AsyncBridge, Bridge, ToolError, mcp_config

from .cells import CALL_LIMIT_S, Driver, as_text

os.environ.update(
    CREWAI_DISABLE_TELEMETRY="true",
    CREWAI_DISABLE_TRACKING="true",
    CREWAI_TRACING_ENABLED="false",
    CREWAI_TESTING="true",
    OTEL_SDK_DISABLED="true",
    LANGSMITH_TRACING="false",
    OPENAI_API_KEY="sk-local",
    OPENAI_AGENTS_DISABLE_TRACING="1",
)


class _Base:
    """``settings`` for plain MCP and ``bridge`` for the native way; what is entered on ``stack`` ends with it."""

    cannot_cancel: str | None = None
    framework = ""
    native = False

    async def open(self, command: list[str], folder: Path) -> None:
        self.stack = AsyncExitStack()
        if self.native:
            self.bridge = self.stack.enter_context(Bridge(command=command, root=folder))
        else:
            self.settings = mcp_config(self.framework, command=command, root=folder, timeout=CALL_LIMIT_S)
        await self.connect()

    async def connect(self) -> None: ...

    def shown(self, name: str) -> str:
        return name

    async def close(self) -> None:
        await self.stack.aclose()


class LangChain(_Base):
    framework = "langchain"

    async def connect(self) -> None:
        from langchain_mcp_adapters.client import MultiServerMCPClient
        from langchain_mcp_adapters.tools import load_mcp_tools

        client = MultiServerMCPClient(self.settings)
        self.tools = await load_mcp_tools(await self.stack.enter_async_context(client.session("axoner")))

    async def schemas(self) -> dict[str, Any]:
        return {tool.name: tool.args for tool in self.tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        (tool,) = (tool for tool in self.tools if tool.name == name)
        message = await tool.ainvoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
        return as_text(message.content)

    async def agent(self, url: str, question: str) -> str:
        from langchain.agents import create_agent
        from langchain_openai import ChatOpenAI

        agent = create_agent(ChatOpenAI(model="gpt-4o", base_url=url, max_retries=0), self.tools)
        return (await agent.ainvoke({"messages": [("user", question)]}))["messages"][-1].content


class LangChainPerCall(LangChain):
    async def connect(self) -> None:
        from langchain_mcp_adapters.client import MultiServerMCPClient

        self.tools = await MultiServerMCPClient(self.settings).get_tools()


class LangChainNative(LangChain):
    native = True

    async def connect(self) -> None:
        from axoner.langchain import tools

        self.tools = tools(self.bridge, timeout=CALL_LIMIT_S)


class CrewAI(_Base):
    framework = "crewai"
    cannot_cancel = "its tools are synchronous"

    async def connect(self) -> None:
        from crewai_tools import MCPServerAdapter

        adapter = await asyncio.to_thread(lambda: MCPServerAdapter(**self.settings))
        self.stack.callback(adapter.stop)
        self.tools = list(adapter.tools)

    async def schemas(self) -> dict[str, Any]:
        return {tool.name: tool.args_schema.model_json_schema()["properties"] for tool in self.tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        (tool,) = (tool for tool in self.tools if tool.name == name)
        return as_text(await asyncio.to_thread(lambda: tool.run(**arguments)))

    async def agent(self, url: str, question: str) -> str:
        from crewai import LLM, Agent, Crew, Task

        llm = LLM(model="openai/gpt-4o", base_url=url, api_key="sk-local")
        agent = Agent(role="analyst", goal="answer", backstory="looks", tools=self.tools, llm=llm, max_iter=4)
        crew = Crew(agents=[agent], tasks=[Task(description=question, expected_output="one sentence", agent=agent)])
        return (await asyncio.to_thread(crew.kickoff)).raw


class CrewAINative(CrewAI):
    native = True
    cannot_cancel = None

    async def connect(self) -> None:
        from axoner.crewai import tools

        self.tools = tools(self.bridge, timeout=CALL_LIMIT_S)

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        (tool,) = (tool for tool in self.tools if tool.name == name)
        return tool.format_output_for_agent(await tool.arun(**arguments))


class CrewAIMcps(CrewAI):
    """As an agent's ``mcps=`` has them: a process for every call, and names made of the server's command."""

    async def connect(self) -> None:
        from crewai.mcp import MCPServerStdio

        parameters = self.settings["serverparams"]
        self.server = MCPServerStdio(command=parameters.command, args=parameters.args, env=parameters.env)
        agent = self._agent("http://127.0.0.1:9/v1")
        self.tools = await asyncio.to_thread(agent.get_mcp_tools, agent.mcps)
        self.names = {tool.original_tool_name: tool.name for tool in self.tools}

    async def schemas(self) -> dict[str, Any]:
        schemas = await super().schemas()
        return {name: schemas[full] for name, full in self.names.items()}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        answer = await super().call(self.names[name], arguments)
        return getattr(answer, "message", answer)

    def shown(self, name: str) -> str:
        from crewai.utilities.string_utils import sanitize_tool_name

        return sanitize_tool_name(self.names[name])

    def _agent(self, url: str) -> Any:
        from crewai import LLM, Agent

        llm = LLM(model="openai/gpt-4o", base_url=url, api_key="sk-local")
        return Agent(role="analyst", goal="answer", backstory="looks", mcps=[self.server], llm=llm, max_iter=4)

    async def agent(self, url: str, question: str) -> str:
        from crewai import Crew, Task

        agent = self._agent(url)
        crew = Crew(agents=[agent], tasks=[Task(description=question, expected_output="one sentence", agent=agent)])
        return (await asyncio.to_thread(crew.kickoff)).raw


class Smolagents(_Base):
    framework = "smolagents"
    cannot_cancel = "its tools are synchronous"

    async def connect(self) -> None:
        from smolagents import MCPClient

        client = await asyncio.to_thread(lambda: MCPClient(**self.settings))
        self.stack.callback(client.disconnect)
        self.tools = client.get_tools()

    async def schemas(self) -> dict[str, Any]:
        return {tool.name: tool.inputs for tool in self.tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        (tool,) = (tool for tool in self.tools if tool.name == name)
        answer = await asyncio.to_thread(lambda: tool(**arguments))
        return str(answer)

    async def agent(self, url: str, question: str) -> str:
        from smolagents import OpenAIServerModel, ToolCallingAgent

        model = OpenAIServerModel("gpt-4o", api_base=url, api_key="sk-local", client_kwargs={"max_retries": 0})
        agent = ToolCallingAgent(tools=self.tools, model=model, max_steps=3, verbosity_level=0)
        return str(await asyncio.to_thread(lambda: agent.run(question)))


class SmolagentsNative(Smolagents):
    native = True

    async def connect(self) -> None:
        from axoner.smolagents import tools

        self.tools = tools(self.bridge, timeout=CALL_LIMIT_S)


class Async(_Base):
    """The bridge itself, without a framework; its agent is axoner's own."""

    async def open(self, command: list[str], folder: Path) -> None:
        self.stack = AsyncExitStack()
        self.options: dict[str, Any] = {"command": command, "root": folder}
        self.bridge = await self.stack.enter_async_context(AsyncBridge(**self.options))

    async def schemas(self) -> dict[str, Any]:
        return {tool["name"]: tool["inputSchema"]["properties"] for tool in await self.bridge.list_tools()}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        try:
            return (await self.bridge.call_tool(name, arguments, timeout=CALL_LIMIT_S)).model_text
        except ToolError as error:
            return f"{error.code}: {error}"

    async def agent(self, url: str, question: str) -> str:
        model: dict[str, Any] = {"provider": "openai-chat", "model": "gpt-4o", "options": {"base_url": url}}
        async with AsyncBridge(**self.options, **model, env={"OPENAI_API_KEY": "sk-local"}) as bridge:
            return (await bridge.agent(question)).text


class Mcp(_Base):
    """The reference client; it has no agent of its own, so the loop here is one call by hand."""

    framework = "mcp"

    async def connect(self) -> None:
        from mcp import ClientSession, StdioServerParameters
        from mcp.client.stdio import stdio_client

        streams = await self.stack.enter_async_context(stdio_client(StdioServerParameters(**self.settings)))
        self.session = await self.stack.enter_async_context(ClientSession(*streams))
        await self.session.initialize()

    async def schemas(self) -> dict[str, Any]:
        listed = (await self.session.list_tools()).tools
        return {tool.name: tool.model_dump(by_alias=True)["inputSchema"]["properties"] for tool in listed}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        from datetime import timedelta
        from importlib.metadata import version

        limit: Any = timedelta(seconds=CALL_LIMIT_S) if version("mcp").startswith("1.") else CALL_LIMIT_S
        result = await self.session.call_tool(name, arguments, read_timeout_seconds=limit)
        return result.content[0].text

    async def agent(self, _url: str, _question: str) -> str:
        text = await self.call("query_data", {"sql": "select sum(quantity) || ' pieces' from 'orders.csv'"})
        return text


class LangChainAdapter(LangChain):
    framework = "fastmcp"

    async def connect(self) -> None:
        from fastmcp import Client
        from langchain.mcp import MCPAdapter

        adapter = await self.stack.enter_async_context(MCPAdapter(Client(**self.settings)))
        self.tools = await adapter.list_tools()


class FastMcp(Mcp):
    framework = "fastmcp"

    async def connect(self) -> None:
        from fastmcp import Client

        self.client = await self.stack.enter_async_context(Client(**self.settings))

    async def schemas(self) -> dict[str, Any]:
        listed = await self.client.list_tools()
        return {tool.name: tool.model_dump(by_alias=True)["inputSchema"]["properties"] for tool in listed}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        return (await self.client.call_tool(name, arguments)).content[0].text


class OpenAIAgents(_Base):
    framework = "openai-agents"

    async def connect(self) -> None:
        from agents.mcp import MCPServerStdio

        self.server = await self.stack.enter_async_context(MCPServerStdio(**self.settings))
        self.offered: dict[str, Any] = {"mcp_servers": [self.server]}

    async def schemas(self) -> dict[str, Any]:
        listed = await self.server.list_tools()
        return {tool.name: tool.model_dump(by_alias=True)["inputSchema"]["properties"] for tool in listed}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        return (await self.server.call_tool(name, arguments)).content[0].text

    async def agent(self, url: str, question: str) -> str:
        from agents import Agent, OpenAIChatCompletionsModel, Runner
        from openai import AsyncOpenAI

        model = OpenAIChatCompletionsModel("gpt-4o", AsyncOpenAI(base_url=url, max_retries=0))
        return (await Runner.run(Agent(name="analyst", model=model, **self.offered), question)).final_output


class OpenAIAgentsNative(OpenAIAgents):
    native = True

    async def connect(self) -> None:
        from axoner.openai_agents import tools

        self.offered = {"tools": tools(self.bridge, timeout=CALL_LIMIT_S)}

    async def schemas(self) -> dict[str, Any]:
        return {tool.name: tool.params_json_schema["properties"] for tool in self.offered["tools"]}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        from agents.tool_context import ToolContext

        (tool,) = (tool for tool in self.offered["tools"] if tool.name == name)
        given = as_text(arguments)
        context = ToolContext(context=None, tool_name=name, tool_call_id="1", tool_arguments=given)
        return await tool.on_invoke_tool(context, given)


class PydanticAI(_Base):
    framework = "pydantic-ai"

    async def connect(self) -> None:
        from pydantic_ai.mcp import MCPToolset

        self.toolset = await self.stack.enter_async_context(MCPToolset(**self.settings))

    async def schemas(self) -> dict[str, Any]:
        listed = await self.toolset.list_tools()
        return {tool.name: tool.model_dump(by_alias=True)["inputSchema"]["properties"] for tool in listed}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        return as_text(await self.toolset.direct_call_tool(name, arguments))

    async def agent(self, url: str, question: str) -> str:
        from pydantic_ai import Agent
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        model = OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=url, api_key="sk-local"))
        return (await Agent(model, toolsets=[self.toolset]).run(question)).output


class PydanticAINative(PydanticAI):
    native = True

    async def connect(self) -> None:
        from axoner.pydantic_ai import toolset

        self.toolset = toolset(self.bridge, timeout=CALL_LIMIT_S)

    async def schemas(self) -> dict[str, Any]:
        return {name: tool.function_schema.json_schema["properties"] for name, tool in self.toolset.tools.items()}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        answer = await self.toolset.tools[name].function(**arguments)
        return answer if isinstance(answer, str) else as_text(answer.return_value)


class Strands(_Base):
    framework = "strands"

    async def connect(self) -> None:
        from strands.tools.mcp import MCPClient

        self.client = await asyncio.to_thread(lambda: MCPClient(**self.settings).start())
        self.stack.callback(lambda: self.client.stop(None, None, None))
        self.tools = await asyncio.to_thread(self.client.list_tools_sync)

    async def schemas(self) -> dict[str, Any]:
        return {tool.tool_name: tool.tool_spec["inputSchema"]["json"]["properties"] for tool in self.tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        (tool,) = (tool for tool in self.tools if tool.tool_name == name)
        use = {"toolUseId": "1", "name": name, "input": arguments}
        events = [event async for event in tool.stream(use, {})]
        return events[-1].tool_result["content"][0]["text"]

    async def agent(self, url: str, question: str) -> str:
        from strands import Agent
        from strands.models.openai import OpenAIModel

        model = OpenAIModel(client_args={"base_url": url, "max_retries": 0}, model_id="gpt-4o")
        agent = Agent(model=model, tools=self.tools, callback_handler=None)
        return str(await agent.invoke_async(question))


class StrandsNative(Strands):
    native = True

    async def connect(self) -> None:
        from axoner.strands import tools

        self.tools = tools(self.bridge, timeout=CALL_LIMIT_S)


class LlamaIndex(_Base):
    framework = "llama-index"

    async def connect(self) -> None:
        from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

        self.tools = await McpToolSpec(BasicMCPClient(**self.settings)).to_tool_list_async()

    async def schemas(self) -> dict[str, Any]:
        return {tool.metadata.name: tool.metadata.get_parameters_dict()["properties"] for tool in self.tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        (tool,) = (tool for tool in self.tools if tool.metadata.name == name)
        return (await tool.acall(**arguments)).content

    async def agent(self, url: str, question: str) -> str:
        from llama_index.core.agent.workflow import FunctionAgent
        from llama_index.llms.openai_like import OpenAILike

        kind = {"is_chat_model": True, "is_function_calling_model": True, "max_retries": 0}
        llm = OpenAILike(model="gpt-4o", api_base=url, api_key="sk-local", **kind)
        return str(await FunctionAgent(tools=self.tools, llm=llm).run(question))


class LlamaIndexNative(LlamaIndex):
    native = True

    async def connect(self) -> None:
        from axoner.llama_index import tools

        self.tools = tools(self.bridge, timeout=CALL_LIMIT_S)


#: By the name of their environment, and by the name of the row: the package whose version it is of, and the client.
DRIVERS: dict[str, dict[str, tuple[str, Callable[[], Driver]]]] = {
    "main": {
        "AsyncBridge": ("axoner", Async),
        "LangChain, native": ("langchain", LangChainNative),
        "LangChain, MCP, one session": ("langchain-mcp-adapters", LangChain),
        "LangChain, MCP, a session per call": ("langchain-mcp-adapters", LangChainPerCall),
        "CrewAI, native": ("crewai", CrewAINative),
        "CrewAI, MCPServerAdapter": ("crewai-tools", CrewAI),
        "CrewAI, mcps=": ("crewai", CrewAIMcps),
        "smolagents, native": ("smolagents", SmolagentsNative),
        "smolagents, MCP": ("smolagents", Smolagents),
        "mcp 1.x": ("mcp", Mcp),
    },
    "agents": {
        "OpenAI Agents SDK, native": ("openai-agents", OpenAIAgentsNative),
        "OpenAI Agents SDK, MCP": ("openai-agents", OpenAIAgents),
        "Pydantic AI, native": ("pydantic-ai-slim", PydanticAINative),
        "Pydantic AI, MCP": ("pydantic-ai-slim", PydanticAI),
        "LangChain, MCPAdapter": ("langchain", LangChainAdapter),
        "mcp 2.x": ("mcp", Mcp),
        "fastmcp": ("fastmcp", FastMcp),
    },
    "older-openai": {
        "Strands Agents, native": ("strands-agents", StrandsNative),
        "Strands Agents, MCP": ("strands-agents", Strands),
        "LlamaIndex, native": ("llama-index-core", LlamaIndexNative),
        "LlamaIndex, MCP": ("llama-index-tools-mcp", LlamaIndex),
    },
}
