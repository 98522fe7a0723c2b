"""A LangChain agent that gives its task to axoner's own agent, which scrapes, queries and asks a plugin's tool."""

from __future__ import annotations

import json

import pytest
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from support.frameworks import SELECT
from support.model_server import ModelServer, last_result

from axoner import Bridge
from axoner.langchain import result_of
from axoner.langchain import tools as bridge_tools

TASK = "Which supplier is best, and how good is it?"


@pytest.fixture
def replies(tmp_path, site):
    """What the model of axoner's agent says, one reply after the other."""
    best = "select supplier_id from pages order by rating::double desc, supplier_id limit 1"
    script = [
        {"tool_calls": [{"name": "scrape", "input": {"urls": site.urls(5), "select": SELECT, "save_as": "pages"}}]},
        {
            "tool_calls": [
                {"name": "query_data", "input": {"sql": best}},
                {"name": "rate_supplier", "input": {"lead_days": 2, "rating": 4.9}},
            ]
        },
        {"text": '{"supplier": "S001", "grade": "A"}', "usage": {"input_tokens": 900, "output_tokens": 12}},
    ]
    path = tmp_path / "replies.json"
    path.write_text(json.dumps(script))
    return path


def test_a_langchain_agent_gives_its_task_to_run_agent(monkeypatch, options, replies):
    monkeypatch.setenv("AXONER_PROVIDER", "scripted")
    monkeypatch.setenv("AXONER_MODEL", str(replies))
    properties = {"supplier": {"type": "string"}, "grade": {"type": "string"}}
    schema = json.dumps({"type": "object", "properties": properties, "required": ["supplier", "grade"]})

    def delegate(_messages):
        return [("run_agent", {"prompt": TASK, "output_schema": schema, "max_turns": 5, "session_id": "task"})]

    def conclude(messages):
        answer = last_result(messages)["output"]
        return f"{answer['supplier']} has grade {answer['grade']}"

    with ModelServer([delegate, conclude]) as model, Bridge(**options) as bridge:
        chat = ChatOpenAI(model="gpt-4o", base_url=model.base_url, max_retries=0)
        state = create_agent(chat, bridge_tools(bridge)).invoke({"messages": [{"role": "user", "content": TASK}]})
        scraped = bridge.query_data("select count(*) from pages").rows
    assert state["messages"][-1].content == "S001 has grade A"
    result = result_of(state["messages"][2])
    assert (result.exit_reason, result.turns, result.tool_calls) == ("finished", 3, 3)
    assert scraped == [[5]]
    (session,) = (options["root"] / ".axoner" / "sessions").glob("*.jsonl")
    stored = session.read_text()
    assert '\\"grade\\":\\"A\\"' in stored
    assert "ERROR" not in stored
