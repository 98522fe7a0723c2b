"""The examples for frameworks, against a scripted model."""

from __future__ import annotations

import os
import subprocess
import sys

from support import REPOSITORY
from support.frameworks import SELECT
from support.model_server import ModelServer, last_result


def run(example, turns, folder, *arguments, **env):
    with ModelServer(turns) as model:
        return run_with(model, example, folder, *arguments, **env)


def run_with(model, example, folder, *arguments, **env):
    env = {
        **os.environ,
        "OPENAI_BASE_URL": model.base_url,
        "PYTHONPATH": str(REPOSITORY / "python-client" / "src"),
        "HOME": str(folder),
        **env,
    }
    command = [sys.executable, str(REPOSITORY / "examples" / example), str(folder), *arguments]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_the_langchain_agent_answers_from_the_data(tmp_path):
    (tmp_path / "orders.csv").write_text("sku,quantity\na,3\nb,4\n")
    turns = [
        lambda _messages: [("query_data", {"sql": "select sum(quantity)::bigint from 'orders.csv'"})],
        lambda messages: f"{last_result(messages)['rows'][0][0]} pieces were ordered",
    ]
    assert run("langchain_agent.py", turns, tmp_path, "How many pieces were ordered?")[-1] == "7 pieces were ordered"


def supplier_orders(folder):
    lines = [f"S{number % 60 + 1:03},{number}" for number in range(6_000)]
    (folder / "orders.csv").write_text("\n".join(["supplier_id,quantity", *lines]) + "\n")


JOIN = "select supplier_id, rating::double as rating, quantity from 'orders.csv' join pages using (supplier_id)"


def test_the_langchain_agent_joins_60_pages_with_a_csv(tmp_path, site):
    supplier_orders(tmp_path)

    def scrape(messages):
        assert site.urls(60)[-1] in str(messages[-1]["content"])
        return [("scrape", {"urls": site.urls(60), "select": SELECT, "save_as": "pages"})]

    def join(messages):
        assert last_result(messages)["ok"] == 55
        return [("query_data", {"sql": JOIN, "save_as": "joined"})]

    turns = [scrape, join, lambda messages: f"{last_result(messages)['row_count']} order lines have a rating"]
    env = {"AXONER_ALLOW_PRIVATE": site.address}
    printed = run("langchain_join.py", turns, tmp_path, "How many?", *site.urls(60), **env)
    assert printed[-1] == "5500 order lines have a rating"
    assert printed[0] == "shape: (5_500, 3)"


def test_the_researcher_of_the_crew_scrapes_and_its_analyst_joins(tmp_path, site):
    supplier_orders(tmp_path)
    urls = site.urls(60)

    def scrape(messages):
        assert urls[-1] in str(messages[-1]["content"])
        return [("scrape", {"urls": urls, "select": SELECT, "save_as": "pages"})]

    def tell(messages):
        found = last_result(messages)
        return f"The dataset pages has {found['ok']} suppliers; {found['failed']} pages are missing."

    def join(messages):
        assert "The dataset pages has 55 suppliers" in str(messages), "the analyst was not told by the researcher"
        return [("query_data", {"sql": JOIN, "save_as": "joined"})]

    turns = [scrape, tell, join, lambda messages: f"{last_result(messages)['row_count']} order lines have a rating"]
    with ModelServer(turns) as model:
        env = {"AXONER_ALLOW_PRIVATE": site.address}
        printed = run_with(model, "crewai_crew.py", tmp_path, "How many order lines have a rating?", *urls, **env)
    assert "researcher: The dataset pages has 55 suppliers; 5 pages are missing." in printed
    assert printed[-1] == "analyst: 5500 order lines have a rating"
    offered = [{tool["function"]["name"] for tool in request["tools"]} for request in model.requests[:4:2]]
    assert offered == [{"scrape", "crawl", "read_rows"}, {"profile_data", "query_data", "read_rows", "chart"}]
