/** The benchmark's jobs with `fetch` and cheerio. The same exchange of lines as `peers.py`. */
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { load } from "cheerio";

const collapse = (text) => text.replace(/\s+/g, " ").trim();

function extract($, job, base) {
  const absolute = (element) => new URL($(element).attr("href"), base).href;
  const texts = (css) => [...$(css)].map((element) => collapse($(element).text()));
  if (job === "links") return [...$("a[href]")].map((link) => [collapse($(link).text()), absolute(link)]);
  const text = collapse($("main").first().text());
  if (job !== "select") return text;
  return [
    text,
    collapse($("h1").first().text()),
    collapse($("p.price > .amount").first().text()),
    texts("table.prices tr td:nth-child(4)"),
    [...$("aside.related .card a[href]")].map(absolute),
  ];
}

async function scrape(url, { job, timeout_s: timeoutS }) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutS * 1_000) });
    const html = await response.text();
    if (response.status !== 200) return { url, status: response.status, error: `status ${response.status}` };
    const $ = load(html);
    const title = collapse($("title").first().text());
    return { url, status: 200, title, content: extract($, job, response.url), error: null };
  } catch (thrown) {
    return { url, status: null, title: null, content: null, error: String(thrown.cause ?? thrown) };
  }
}

async function run(task) {
  const output = createWriteStream(task.output);
  const pending = task.urls.values();
  const work = async () => {
    for (const url of pending) output.write(`${JSON.stringify(await scrape(url, task))}\n`);
  };
  await Promise.all(Array.from({ length: task.concurrency }, work));
  output.end();
  await finished(output);
}

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "") break;
  await run(JSON.parse(line));
  console.log('{"done":true}');
}
