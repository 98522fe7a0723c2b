import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** A moment up to which it is looked at what has been loaded. */
export interface Stage {
  name: string;
  /** What is asked for after the handshake. Default: nothing. */
  asked?: { method: string; params: object };
  /** Up to this answer of the server, and by it alone; default: up to the end, with all that it has started. */
  answers?: number;
  /** What the server is told besides. */
  flags?: readonly string[];
  /** Default: the server has an engine of its own. */
  isShared?: boolean;
  /** Only what the server itself has loaded. */
  isFrontAlone?: boolean;
}

const unshared = ["--shared-engine", "off", "--answer-within", "0"];
const shared = ["--engine-idle", "1ms"];
const reaching = ["--allow-private", "127.0.0.0/8"];
const scripted = ["--provider", "scripted", "--model", "replies.json"];
const searched = { url: "http://127.0.0.1:1/", title: "a", content: "b" };
const page = "<title>A page</title><p>text <a href=/other>other</a>";
const unknownJob = `job_${"0".repeat(32)}`;

function firstCall(name: string, input: object, flags: readonly string[] = []): Stage {
  return { name, flags, asked: { method: "tools/call", params: { name, arguments: input } } };
}

/** What a world holds that tools can be asked of. @param origin where its site is */
export function stagesIn(origin: string): Stage[] {
  const query = firstCall("query_data", { sql: "select count(*) from 'a.csv'" });
  return [
    { name: "first reply", answers: 1 },
    { name: "tools/list", asked: { method: "tools/list", params: {} }, answers: 2 },
    { name: "--help" },
    { ...query, name: "a call in the shared engine", isFrontAlone: true, isShared: true },
    firstCall("calculate", { expression: "3 kg to lb" }),
    firstCall("read_rows", { source: "a.csv" }),
    query,
    firstCall("query_database", { database: "sqlite:a.db", sql: "select 1" }),
    firstCall("profile_data", { source: "a.csv" }),
    firstCall("export_data", { source: "a.csv", path: "exports/a.jsonl" }),
    firstCall("chart", { source: "a.csv", mark: "bar", x: "a", y: "b" }),
    firstCall("scrape", { urls: [origin] }, reaching),
    firstCall("crawl", { start_urls: [origin], max_pages: 2 }, reaching),
    firstCall("web_search", { query: "anything" }, reaching),
    firstCall("run_agent", { prompt: "hello" }, scripted),
    firstCall("job", { job_id: unknownJob }),
  ];
}

export interface World {
  origin: string;
  /** The files that a stage loads, of the program in a folder. @throws Error where it is answered with a failure */
  loadedBy(stage: Stage, program: string): Promise<Set<string>>;
  close(): void;
}

/** A folder with something to read, a site and a search service. */
export async function openWorld(folder: string): Promise<World> {
  writeFileSync(join(folder, "a.csv"), "a,b\nx,1\ny,2\n");
  writeFileSync(join(folder, "replies.json"), '["hello"]');
  const database = new DatabaseSync(join(folder, "a.db"));
  database.exec("create table t (n)");
  database.close();
  const site = createServer((request, response) => {
    if (request.url?.startsWith("/search") === true) response.setHeader("content-type", "application/json");
    else response.setHeader("content-type", "text/html");
    response.end(request.url?.startsWith("/search") === true ? JSON.stringify({ results: [searched] }) : page);
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  const address = site.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  let nth = 0;
  return {
    origin,
    async loadedBy(stage, program) {
      const log = join(folder, `loaded-${(nth += 1)}`);
      writeFileSync(log, "");
      const env = {
        PATH: process.env["PATH"],
        HOME: join(folder, `home-${nth}`),
        SEARXNG_URL: origin,
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "tell-loaded.ts")).href}?log=${encodeURIComponent(log)}`,
      };
      const pid = await play(stage, { program, folder, env });
      return loadedIn(readFileSync(log, "utf8").split("\n"), stage, pid);
    },
    close: () => void site.close(),
  };
}

interface Place {
  program: string;
  folder: string;
  env: NodeJS.ProcessEnv;
}

/** No stage takes as long, however busy the machine. */
const deadlineMs = 60_000;

/** Do what a stage does. Gives the id of its process, which has ended. */
async function play(
  { name, asked, flags = [], isShared = false }: Stage,
  { program, folder, env }: Place,
): Promise<number> {
  if (name.startsWith("--")) {
    const running = promisify(execFile)(process.execPath, [join(program, "cli.js"), name], { env, cwd: folder });
    await running;
    return running.child.pid ?? 0;
  }
  const places = ["--root", folder, "--workspace", join(folder, `workspace-${name.replaceAll(/\W/g, "-")}`)];
  const args = [join(program, "mcp-server.js"), ...(isShared ? shared : unshared), ...places, ...flags];
  const server = spawn(process.execPath, args, {
    env,
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: deadlineMs,
  });
  let complaint = "";
  server.stderr.on("data", (text) => (complaint += String(text)));
  const exit = once(server, "exit");
  const messages = [
    {
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "b", version: "0" } },
    },
    ...(asked === undefined ? [] : [asked]),
  ];
  const replies = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  for (const [id, message] of messages.entries()) {
    server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...message })}\n`);
    const { done, value } = await replies.next();
    check(name, done === true ? complaint : value);
  }
  server.stdin.end();
  await exit;
  return server.pid ?? 0;
}

/** A job that nobody began is answered as such. */
function check(name: string, reply: string): void {
  const isFine = /"result":/.test(reply) && (name === "job" || !/"isError":true/.test(reply));
  if (!isFine) throw new Error(`${name}: ${reply.slice(0, 1_000)}`);
}

function loadedIn(lines: readonly string[], { answers, isFrontAlone = answers !== undefined }: Stage, pid: number) {
  const own = `${pid} `;
  const found = new Set<string>();
  let answered = 0;
  for (const line of lines) {
    if (line === `${own}answered`) answered += 1;
    else if (line.includes(" file:") && (!isFrontAlone || line.startsWith(own)))
      found.add(line.slice(line.indexOf(" ") + 1));
    if (answers !== undefined && answered >= answers) break;
  }
  return found;
}
