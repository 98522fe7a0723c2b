"""``axoner.crewai.tools`` in a crew."""

from __future__ import annotations

import asyncio

import pytest
from crewai import LLM, Agent, Crew, Task
from crewai.tools.tool_failure import ToolExecutionFailedError, ToolFailure, ToolFailurePolicy

import axoner
from axoner import AsyncBridge
from axoner.crewai import tools


def crew_of(model, offered, **options):
    llm = LLM(model="openai/gpt-4o", base_url=model.base_url, api_key="sk-local")
    agent = Agent(role="analyst", goal="grade", backstory="grades", tools=offered, llm=llm, max_iter=8, **options)
    return Crew(agents=[agent], tasks=[Task(description="Grade.", expected_output="a grade", agent=agent)])


def test_a_crew_works_through_the_bridge_and_its_failures_are_on_record(suppliers, grader):
    output = crew_of(grader, tools(suppliers)).kickoff()
    assert output.raw == "grade A"
    (failed,) = output.tasks_output[0].tool_failures
    assert (failed.tool_name, failed.failure.code) == ("query_data", "invalid_input")


def test_a_policy_ends_a_crew_at_a_failure(suppliers, grader):
    with pytest.raises(ToolExecutionFailedError, match="invalid_input"):
        crew_of(grader, tools(suppliers), tool_failure_policy=ToolFailurePolicy.RAISE, max_retry_limit=0).kickoff()


def test_the_model_is_offered_every_argument(bridge, endless):
    listed = {tool["name"]: tool for tool in bridge.list_tools() if tool["name"] != "job"}
    crew_of(endless, tools(bridge, timeout=1)).kickoff()
    sent = {tool["function"]["name"]: tool["function"] for tool in endless.requests[0]["tools"]}
    assert sent.keys() == listed.keys()
    for name, function in sent.items():
        assert listed[name]["description"] in function["description"]
        assert function["parameters"]["properties"].keys() == listed[name]["inputSchema"]["properties"].keys()
        assert set(function["parameters"]["required"]) >= set(listed[name]["inputSchema"].get("required", []))


def test_a_tool_is_called_directly_on_a_thread_and_on_a_loop(bridge):
    by_name = {tool.name: tool for tool in tools(bridge)}
    assert '"42"' in by_name["calculate"].run(expression="6*7")
    assert '"42"' in asyncio.run(by_name["calculate"].arun(expression="6*7"))
    assert "[[42]]" in by_name["query_data"].run(sql="select 42", limit=None)
    failed = by_name["calculate"].run(expression="2 +")
    assert isinstance(failed, ToolFailure)
    assert failed.as_agent_message().startswith("ERROR invalid_input: ")


def test_a_time_limit_is_told_to_the_model(bridge, endless):
    assert "within 1 s" in crew_of(endless, tools(bridge, timeout=1)).kickoff().raw


def test_what_changed_is_read_again(bridge, tmp_path):
    by_name = {tool.name: tool for tool in tools(bridge)}
    assert not by_name["query_data"].cache_function({}, "a result")


def test_cancelling_a_call_stops_it_in_the_server(tmp_path):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            query = {tool.name: tool for tool in tools(bridge)}["query_data"]
            sql = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
            task = asyncio.create_task(query.arun(sql=sql))
            while not bridge._connection._pending:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not bridge._connection._pending
            return (await bridge.calculate("6*7")).result

    assert asyncio.run(run()) == "42"


def test_a_closed_bridge_raises(bridge):
    by_name = {tool.name: tool for tool in tools(bridge)}
    bridge.close()
    with pytest.raises(axoner.BridgeClosed):
        by_name["calculate"].run(expression="1")
