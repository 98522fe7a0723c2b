"""The blocks of the page on frameworks run as they stand there."""

from __future__ import annotations

import sys

import pytest
from agents import OpenAIChatCompletionsModel
from openai import AsyncOpenAI
from support.docs import blocks_of, counter, orders, run_block


def of_openai(url):
    return OpenAIChatCompletionsModel("gpt-4o", AsyncOpenAI(base_url=url, api_key="sk-local"))


def of_pydantic(url):
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=url, api_key="sk-local"))


MODELS = {"OpenAI Agents SDK": of_openai}
if sys.version_info >= (3, 11):
    MODELS["Pydantic AI"] = of_pydantic


@pytest.fixture(autouse=True)
def _in_a_folder_with_orders(tmp_path, monkeypatch):
    orders(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("number", [0, 1], ids=["native", "mcp"])
@pytest.mark.parametrize("section", MODELS)
def test_the_block_answers_from_the_data(section, number):
    with counter() as server:
        assert "7 pieces were ordered" in run_block(blocks_of(section)[number], MODELS[section](server.base_url))


@pytest.mark.parametrize("number", [0, 1], ids=["mcp", "fastmcp"])
def test_the_blocks_of_the_sdks_answer_from_the_data(number):
    assert "7 pieces were ordered" in run_block(blocks_of("mcp, fastmcp")[number], None)
