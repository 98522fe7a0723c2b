"""The blocks of the page on frameworks run as they stand there."""

from __future__ import annotations

import pytest
from llama_index.llms.openai_like import OpenAILike
from strands.models.openai import OpenAIModel
from support.docs import blocks_of, counter, orders, run_block

MODELS = {
    "Strands Agents": lambda url: OpenAIModel(client_args={"base_url": url, "api_key": "sk-local"}, model_id="gpt-4o"),
    "LlamaIndex": lambda url: OpenAILike(
        model="gpt-4o", api_base=url, api_key="sk-local", is_chat_model=True, is_function_calling_model=True
    ),
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
