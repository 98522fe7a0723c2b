"""The benchmark's jobs as users of aiohttp with selectolax, of httpx with BeautifulSoup and of Scrapy would write them.

    python peers.py PEER

Imports what it needs, prints `ready`, then reads tasks, each a line of JSON `{"job", "urls", "concurrency", "timeout_s",
"output"}`. Writes a line of JSON a page to `output`, and prints a line when the task is done.
"""

import asyncio
import json
import sys
from urllib.parse import urljoin


def collapse(text):
    return " ".join(text.split())


def row(url, status=None, title=None, content=None, error=None):
    return json.dumps({"url": url, "status": status, "title": title, "content": content, "error": error}, ensure_ascii=False)


async def fetch_all(task, fetch):
    """As many pages at once as the task says; one that fails costs no other."""
    pending = iter(task["urls"])
    with open(task["output"], "w", encoding="utf-8", buffering=1 << 18) as output:

        async def work():
            for url in pending:
                try:
                    line = await fetch(url)
                except Exception as failure:
                    line = row(url, error=repr(failure))
                output.write(line + "\n")

        await asyncio.gather(*(work() for _ in range(task["concurrency"])))


def aiohttp_peer():
    import aiohttp
    from selectolax.lexbor import LexborHTMLParser

    def text_of(node):
        return "" if node is None else collapse(node.text())

    def extract(tree, job, base):
        if job == "links":
            return [[text_of(link), urljoin(base, link.attributes["href"])] for link in tree.css("a[href]")]
        text = text_of(tree.css_first("main"))
        if job != "select":
            return text
        return [
            text,
            text_of(tree.css_first("h1")),
            text_of(tree.css_first("p.price > .amount")),
            [text_of(cell) for cell in tree.css("table.prices tr td:nth-child(4)")],
            [urljoin(base, link.attributes["href"]) for link in tree.css("aside.related .card a[href]")],
        ]

    async def run(task):
        timeout = aiohttp.ClientTimeout(total=task["timeout_s"])
        connector = aiohttp.TCPConnector(limit=task["concurrency"])
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

            async def fetch(url):
                async with session.get(url) as response:
                    if response.status != 200:
                        return row(url, response.status, error=f"status {response.status}")
                    tree = LexborHTMLParser(await response.text())
                    title = text_of(tree.css_first("title"))
                    return row(url, 200, title, extract(tree, task["job"], str(response.url)))

            await fetch_all(task, fetch)

    return lambda task: asyncio.run(run(task))


def httpx_peer(parser):
    import httpx
    from bs4 import BeautifulSoup

    def text_of(node):
        return "" if node is None else collapse(node.get_text())

    def extract(soup, job, base):
        if job == "links":
            return [[text_of(link), urljoin(base, link["href"])] for link in soup.find_all("a", href=True)]
        text = text_of(soup.find("main"))
        if job != "select":
            return text
        return [
            text,
            text_of(soup.select_one("h1")),
            text_of(soup.select_one("p.price > .amount")),
            [text_of(cell) for cell in soup.select("table.prices tr td:nth-child(4)")],
            [urljoin(base, link["href"]) for link in soup.select("aside.related .card a[href]")],
        ]

    async def run(task):
        limits = httpx.Limits(max_connections=task["concurrency"])
        async with httpx.AsyncClient(timeout=task["timeout_s"], limits=limits, follow_redirects=True) as client:

            async def fetch(url):
                response = await client.get(url)
                if response.status_code != 200:
                    return row(url, response.status_code, error=f"status {response.status_code}")
                soup = BeautifulSoup(response.text, parser)
                return row(url, 200, text_of(soup.find("title")), extract(soup, task["job"], str(response.url)))

            await fetch_all(task, fetch)

    return lambda task: asyncio.run(run(task))


def scrapy_peer():
    """A reactor runs once in a process: so does a task."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    def text_of(selector):
        return collapse("".join(selector.xpath(".//text()").getall()))

    def extract(response, job):
        if job == "links":
            return [[text_of(link), response.urljoin(link.attrib["href"])] for link in response.css("a[href]")]
        text = text_of(response.css("main")[:1])
        if job != "select":
            return text
        return [
            text,
            text_of(response.css("h1")[:1]),
            text_of(response.css("p.price > .amount")[:1]),
            [text_of(cell) for cell in response.css("table.prices tr td:nth-child(4)")],
            [response.urljoin(href) for href in response.css("aside.related .card a[href]::attr(href)").getall()],
        ]

    def run(task):
        with open(task["output"], "w", encoding="utf-8", buffering=1 << 18) as output:

            class Pages(scrapy.Spider):
                name = "pages"

                async def start(self):
                    for url in task["urls"]:
                        yield scrapy.Request(url, dont_filter=True, errback=self.fail, meta={"asked": url})

                def parse(self, response):
                    title = collapse(response.css("title::text").get(""))
                    output.write(row(response.meta["asked"], response.status, title, extract(response, task["job"])) + "\n")

                def fail(self, failure):
                    response = getattr(failure.value, "response", None)
                    status = None if response is None else response.status
                    output.write(row(failure.request.meta["asked"], status, error=repr(failure.value)) + "\n")

            process = CrawlerProcess(
                {
                    "CONCURRENT_REQUESTS": task["concurrency"],
                    "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
                    "DOWNLOAD_DELAY": 0,
                    "DOWNLOAD_TIMEOUT": task["timeout_s"],
                    "ROBOTSTXT_OBEY": True,
                    "LOG_ENABLED": False,
                    "TELNETCONSOLE_ENABLED": False,
                }
            )
            process.crawl(Pages)
            process.start()

    return run


PEERS = {
    "aiohttp+selectolax": aiohttp_peer,
    "httpx+bs4": lambda: httpx_peer("html.parser"),
    "httpx+bs4 lxml": lambda: httpx_peer("lxml"),
    "scrapy": scrapy_peer,
}

run = PEERS[sys.argv[1]]()
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "":
        break
    run(json.loads(line))
    print('{"done":true}', flush=True)
