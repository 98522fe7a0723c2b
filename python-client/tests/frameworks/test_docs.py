"""The blocks of the page on frameworks run as they stand there."""

from __future__ import annotations

import pytest
from crewai import LLM
from langchain_openai import ChatOpenAI
from smolagents import OpenAIServerModel
from support.docs import blocks_of, counter, orders, run_block
from support.model_server import ModelServer

import axoner

MODELS = {
    "LangChain and LangGraph": lambda url: ChatOpenAI(model="gpt-4o", base_url=url, api_key="sk-local"),
    "CrewAI": lambda url: LLM(model="openai/gpt-4o", base_url=url, api_key="sk-local"),
}


@pytest.fixture(autouse=True)
def _in_a_folder_with_orders(tmp_path, monkeypatch):
    orders(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("number", [0, 1], ids=["native", "mcp"])
@pytest.mark.parametrize("section", MODELS)
def test_the_block_answers_from_the_data(section, number):
    with counter() as server:
        assert "7 pieces were ordered" in run_block(blocks_of(section)[number], MODELS[section](server.base_url))


@pytest.mark.parametrize("number", [0, 1], ids=["native", "mcp"])
def test_the_block_of_smolagents_answers_from_the_data(number):
    optional = {"limit": 5, "save_as": "total"} if number == 1 else {}  # the adapter wants all of them

    def query(_messages):
        return [("query_data", {"sql": "select sum(quantity)::bigint as n from 'orders.csv'", **optional})]

    def conclude(messages):
        assert "7" in str(messages[-1]["content"])
        return [("final_answer", {"answer": "7 pieces were ordered"})]

    with ModelServer([query, conclude]) as server:
        model = OpenAIServerModel("gpt-4o", api_base=server.base_url, api_key="sk-local")
        assert "7 pieces were ordered" in run_block(blocks_of("smolagents")[number], model)


def test_the_block_of_the_sdk_answers_from_the_data():
    assert "7 pieces were ordered" in run_block(blocks_of("mcp, fastmcp")[0], None)


def test_settings_for_a_file_start_the_server(tmp_path):
    entry = axoner.mcp_config("claude-desktop", root=tmp_path, env={"KEY": "x"})["mcpServers"]["axoner"]
    assert entry["env"] == {"KEY": "x"}
    with axoner.Bridge(command=[entry["command"], *entry["args"]]) as bridge:
        assert bridge.query_data("select count(*) from 'orders.csv'").rows == [[2]]


def test_a_framework_without_settings_is_named_with_those_that_have_some():
    with pytest.raises(ValueError, match=r"'langchian'.*langchain"):
        axoner.mcp_config("langchian")
    assert axoner.mcp_config("openai_agents")["client_session_timeout_seconds"] == 300


def test_settings_have_a_call_answered_with_a_job_before_the_client_gives_up():
    assert axoner.mcp_config("openai_agents", timeout=60)["params"]["args"][-2:] == ["--answer-within", "54000ms"]
    assert axoner.mcp_config("mcp")["args"][-2:] == ["--answer-within", "50s"]
    told = axoner.mcp_config("mcp", options={"answer_within": "3s"})["args"]
    assert told.count("--answer-within") == 1


def test_a_time_to_start_in_reaches_the_client():
    assert axoner.mcp_config("crewai", start_timeout=120)["connect_timeout"] == 120
    assert axoner.mcp_config("smolagents", start_timeout=0.5)["adapter_kwargs"]["connect_timeout"] == 1
    assert axoner.mcp_config("strands", start_timeout=120)["startup_timeout"] == 120


def test_a_part_of_a_second_is_no_limit_of_zero():
    assert axoner.mcp_config("llama-index", timeout=0.5)["timeout"] == 1


@pytest.mark.parametrize("alias, name", [("langgraph", "langchain"), ("LlamaIndex", "llama-index")])
def test_a_framework_is_known_by_its_other_name(alias, name):
    assert axoner.mcp_config(alias) == axoner.mcp_config(name)


def test_settings_that_need_what_is_not_installed_say_so():
    with pytest.raises(ImportError, match="pip install fastmcp"):
        axoner.mcp_config("pydantic-ai")
