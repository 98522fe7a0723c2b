"""Reads {"pages": [{"url", "html"}], "rounds"} from stdin; writes {"texts", "cpuMs"}, the least of all rounds for all pages."""

import json
import sys
import time

import trafilatura

job = json.load(sys.stdin)


def read(page):
    options = {"output_format": "markdown", "include_links": True, "include_tables": True, "favor_recall": True}
    return trafilatura.extract(page["html"], url=page["url"], **options) or ""


texts = []
best = float("inf")
for _ in range(job["rounds"]):
    started = time.process_time()
    texts = [read(page) for page in job["pages"]]
    best = min(best, time.process_time() - started)
json.dump({"texts": texts, "cpuMs": best * 1000}, sys.stdout)
