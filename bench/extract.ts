/**
 * The Markdown of the pages of the corpus beside turndown, node-html-markdown and trafilatura: how much of the main text
 * is there, how much else, whether headings, tables and links are, and CPU time a page. The peers are installed beside
 * the project, not into it.
 *
 *   node bench/extract.ts [--rounds N]     5 rounds unless told; each figure is the least of them
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { extractHtml } from "../src/web/extract.ts";
import { headingRecall, linkRecall, readCorpus, score, tableRecall, type CorpusPage } from "../test/support/corpus.ts";

const folder = join(import.meta.dirname, "../node_modules/.cache/axoner-bench/extract");
const python = join(folder, "venv/bin/python");
const packages = ["turndown@7.2.5", "turndown-plugin-gfm@1.0.2", "node-html-markdown@2.0.0"];

interface Result {
  texts: string[];
  /** Of all pages together. */
  cpuMs: number;
}

/** The peers' own environment, made once. */
async function ensurePeers(): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(folder, "node_modules/turndown"))) {
    await writeFile(join(folder, "package.json"), '{ "private": true }');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: folder, stdio: "inherit" });
  }
  if (existsSync(python)) return;
  execFileSync("python3", ["-m", "venv", join(folder, "venv")], { stdio: "inherit" });
  const requirements = join(import.meta.dirname, "extract/requirements.txt");
  execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", requirements], { stdio: "inherit" });
}

function measure(pages: readonly CorpusPage[], rounds: number, read: (page: CorpusPage) => string): Result {
  let texts: string[] = [];
  let cpuMs = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    texts = pages.map(read);
    const { user, system } = process.cpuUsage(before);
    cpuMs = Math.min(cpuMs, (user + system) / 1_000);
  }
  return { texts, cpuMs };
}

const turndownModule =
  z.custom<new (options: object) => { use(plugin: unknown): void; turndown(html: string): string }>();
const gfmModule = z.object({ gfm: z.unknown() });
const nhmModule = z.object({ NodeHtmlMarkdown: z.custom<{ translate(html: string): string }>() });

/** What a user of each would write; turndown is told of the elements that it would otherwise print. */
function openPeers(): Record<string, (page: CorpusPage) => string> {
  const load = createRequire(join(folder, "package.json"));
  const Turndown = turndownModule.parse(load("turndown"));
  const turndown = new Turndown({ headingStyle: "atx", codeBlockStyle: "fenced" });
  turndown.use(gfmModule.parse(load("turndown-plugin-gfm")).gfm);
  const { NodeHtmlMarkdown } = nhmModule.parse(load("node-html-markdown"));
  return {
    turndown: ({ html }) => turndown.turndown(html),
    "node-html-markdown": ({ html }) => NodeHtmlMarkdown.translate(html),
  };
}

const peerAnswer = z.object({ texts: z.array(z.string()), cpuMs: z.number() });

function runTrafilatura(pages: readonly CorpusPage[], rounds: number): Result {
  const job = { pages: pages.map(({ html, expected }) => ({ url: expected.url, html })), rounds };
  const output = execFileSync(python, [join(import.meta.dirname, "extract/trafilatura-peer.py")], {
    input: JSON.stringify(job),
    maxBuffer: 100_000_000,
    stdio: ["pipe", "pipe", "ignore"],
  });
  return peerAnswer.parse(JSON.parse(output.toString()));
}

function mean(values: readonly number[]): string {
  return `${((values.reduce((sum, value) => sum + value, 0) / values.length) * 100).toFixed(1)} %`.padStart(10);
}

function print(name: string, pages: readonly CorpusPage[], { texts, cpuMs }: Result): void {
  const all = pages.map(({ expected }, index) => ({ text: texts[index] ?? "", expected }));
  const having = (field: "headings" | "tables" | "links") => all.filter(({ expected }) => expected[field].length > 0);
  const scores = all.map(({ text, expected }) => score(text, expected));
  const scripts = texts.filter((text) => /dataLayer|sentinel|__typename|window\./.test(text)).length;
  console.log(
    name.padEnd(20) +
      mean(scores.map(({ recall }) => recall)) +
      mean(scores.map(({ precision }) => precision)) +
      mean(having("headings").map(({ text, expected }) => headingRecall(text, expected))) +
      mean(having("tables").map(({ text, expected }) => tableRecall(text, expected))) +
      mean(having("links").map(({ text, expected }) => linkRecall(text, expected))) +
      String(scripts).padStart(9) +
      `${(cpuMs / pages.length).toFixed(2)} ms`.padStart(11),
  );
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
await ensurePeers();
const pages = await readCorpus();
const own = ({ html, expected }: CorpusPage) =>
  String(extractHtml(html, { address: expected.url, extract: "markdown" }).content);
const whole = ({ html, expected }: CorpusPage) =>
  String(extractHtml(html, { address: expected.url, extract: "markdown", whole: true }).content);

console.log(`${pages.length} pages`);
console.log(`${"".padEnd(20)}    recall precision  headings    tables     links  scripts   CPU/page`);
print("axoner", pages, measure(pages, rounds, own));
print("axoner, whole page", pages, measure(pages, rounds, whole));
for (const [name, read] of Object.entries(openPeers())) print(name, pages, measure(pages, rounds, read));
print("trafilatura", pages, runTrafilatura(pages, rounds));
