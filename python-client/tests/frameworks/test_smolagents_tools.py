"""``axoner.smolagents.tools`` in agents of smolagents."""

from __future__ import annotations

import json

import pytest
from smolagents import CodeAgent, OpenAIServerModel, ToolCallingAgent
from support.frameworks import SELECT
from support.model_server import ModelServer

from axoner.smolagents import tools


def model_of(server):
    return OpenAIServerModel("gpt-4o", api_base=server.base_url, api_key="sk-local", client_kwargs={"max_retries": 0})


def text_of(message) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def observed(messages):
    return json.loads(text_of(messages[-1]).partition("Observation:\n")[2])


def final(answer: str):
    return [("final_answer", {"answer": answer})]


def test_a_tool_calling_agent_works_through_the_bridge(suppliers, site):
    def scrape(_messages):
        return [("scrape", {"urls": site.urls(5), "select": SELECT, "save_as": "pages"})]

    def misspell(_messages):
        return [("query_data", {"sql": "select nothing from pages"})]

    def query(messages):
        assert "ERROR invalid_input" in text_of(messages[-1])
        return [("query_data", {"sql": "select count(*)::integer from pages"})]

    turns = [scrape, misspell, query, lambda messages: final(f"{observed(messages)['rows'][0][0]} pages")]
    with ModelServer(turns) as server:
        agent = ToolCallingAgent(tools=tools(suppliers), model=model_of(server), verbosity_level=0, max_steps=6)
        assert agent.run("How many pages are there?") == "5 pages"


def test_a_code_agent_computes_with_the_fields(suppliers, site):
    code = f"""
pages = scrape(urls={site.urls(5)!r}, select={SELECT!r}, save_as="pages")
best = query_data("select rating::double from pages order by 1 desc limit 1")["rows"][0][0]
final_answer([pages["ok"], best, calculate(f"{{best}} * 10")["result"]])
"""
    with ModelServer([lambda _messages: f"Thought: go\n<code>{code}</code>"]) as server:
        agent = CodeAgent(tools=tools(suppliers), model=model_of(server), verbosity_level=0, max_steps=2)
        count, best, tenfold = agent.run("Which rating is the best?")
    assert (count, float(tenfold)) == (5, pytest.approx(best * 10))


def test_the_model_may_leave_out_what_is_optional(bridge):
    listed = {tool["name"]: tool["inputSchema"] for tool in bridge.list_tools() if tool["name"] != "job"}
    with ModelServer([lambda _messages: final("done")]) as server:
        ToolCallingAgent(tools=tools(bridge), model=model_of(server), verbosity_level=0).run("go")
    sent = {tool["function"]["name"]: tool["function"]["parameters"] for tool in server.requests[0]["tools"]}
    assert sent.keys() - listed.keys() == {"final_answer"}
    for name, schema in listed.items():
        assert sent[name]["properties"].keys() == schema["properties"].keys()
        assert sent[name]["required"] == schema.get("required", [])


def test_a_tool_is_called_directly(bridge):
    by_name = {tool.name: tool for tool in tools(bridge)}
    answer = by_name["calculate"]("6*7")
    assert (answer["result"], json.loads(str(answer))) == ("42", dict(answer))
    assert by_name["query_data"](sql="select 42 as n", limit=None).result.to_polars()["n"].to_list() == [42]
    with pytest.raises(RuntimeError, match="ERROR invalid_input: "):
        by_name["calculate"](expression="2 +")
    with pytest.raises(TypeError, match="expression twice"):
        by_name["calculate"]("1", expression="2")
    with pytest.raises(TypeError, match="at most 1"):
        by_name["calculate"]("1", "2")


def test_a_time_limit_is_told_to_the_model(bridge):
    sql = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
    turns = [lambda _messages: [("query_data", {"sql": sql})], lambda messages: final(text_of(messages[-1]))]
    with ModelServer(turns) as server:
        agent = ToolCallingAgent(tools=tools(bridge, timeout=1), model=model_of(server), verbosity_level=0)
        assert "within 1 s" in agent.run("go")
