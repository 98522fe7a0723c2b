import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { isAlive } from "../support/alive.ts";
import { openModelServer } from "../support/model-server.ts";
import { jobOf, openSharedServers } from "../support/shared-servers.ts";
import { misbehaving } from "../support/server.ts";
import { openSite, reply } from "../support/site.ts";

const plugin = ["--plugin", misbehaving];

function told(result: JsonObject): JsonObject {
  return result["structuredContent"] as JsonObject;
}

function linesIn(folder: string, names: RegExp): number {
  const texts = readdirSync(folder).flatMap((name) =>
    names.test(name) ? readFileSync(join(folder, name), "utf8") : [],
  );
  return texts.join("").split("\n").length - 1;
}

describe("one engine for all servers", () => {
  test("50 servers that start at once share one engine, and leave nothing but that", async () => {
    const { start, pid, place, axoner } = openSharedServers();
    const servers = Array.from({ length: 50 }, () => start());
    const results = await Promise.all(servers.map((server) => server.call("print")));
    const pids = new Set(results.map((result) => told(result)["pid"]));
    expect([...pids]).toEqual([await pid()]);
    for (const server of servers) server.child.stdin.end();
    expect(new Set(await Promise.all(servers.map(({ exited }) => exited)))).toEqual(new Set([0]));
    await axoner("engine", "stop");
    await expect
      .poll(() => existsSync(place) || [...pids].some((one) => isAlive(Number(one))), { timeout: 15_000 })
      .toBe(false);
  }, 60_000);

  test("a server finds the engine that an earlier one started, with its SQL process", async () => {
    const { start, pid, axoner } = openSharedServers();
    const select = { sql: "select 1 as one" };
    const first = start([]);
    expect(told(await first.call("query_data", select))).toMatchObject({ rows: [[1]] });
    const engine = await pid();
    first.child.stdin.end();
    await first.exited;
    expect(told(await start([]).call("query_data", select))).toMatchObject({ rows: [[1]] });
    expect(await pid()).toBe(engine);
    const { engines } = JSON.parse(await axoner("engine", "--json")) as { engines: JsonObject[] };
    expect(engines).toMatchObject([{ pid: engine, calls: 0, calls_done: 2, fronts: 1 }]);
    expect(await axoner("engine", "stop")).toContain(`process ${engine}`);
    expect(await axoner("engine")).toBe("no engine is running\n");
    await expect.poll(() => isAlive(engine)).toBe(false);
  });

  test("a killed server's calls are stopped, and the engine and others' calls go on", async () => {
    const { start, engines } = openSharedServers();
    const [killed, other] = [start(), start()];
    const slow = other.call("linger", { ms: 1_500 });
    killed.call("wait").catch(() => undefined);
    await killed.call("echo", { text: "it runs" });
    await other.call("echo", { text: "this too" });
    const running = async () => (await engines())[0]?.status.calls;
    expect(await running()).toBe(2);
    killed.child.kill("SIGKILL");
    expect(told(await slow)).toMatchObject({ status: "done" });
    await expect.poll(running).toBe(0);
  });

  test("an engine that is killed in a call is told as unavailable, and the next call has another", async () => {
    const { start, pid } = openSharedServers();
    const server = start();
    const engine = Number(told(await server.call("print"))["pid"]);
    const call = server.call("wait");
    await server.call("echo", { text: "it runs" });
    process.kill(engine, "SIGKILL");
    expect(await call).toMatchObject({ isError: true, structuredContent: { code: "unavailable" } });
    expect(told(await server.call("print"))["pid"]).not.toBe(engine);
    expect(await pid()).not.toBe(engine);
  });
});

describe("work that outlives its caller", () => {
  test("a job that one server began is read by another after the first was killed", async () => {
    const { start } = openSharedServers();
    const first = start([...plugin, "--answer-within", "200ms"]);
    const { job_id } = jobOf(await first.call("linger", { ms: 5_000 }));
    first.child.kill("SIGKILL");
    await first.exited;
    const second = start();
    expect(told(await second.call("job", { job_id, action: "read" }))).toMatchObject({ status: "running" });
    expect(told(await second.call("job", { job_id, wait_s: 15 }))).toMatchObject({ status: "done" });
  });

  test("a server of one line ends with its job's id, and the job goes on", async () => {
    const { start } = openSharedServers();
    const first = start([...plugin, "--answer-within", "200ms"]);
    const call = first.call("linger", { ms: 1_000 });
    first.child.stdin.end();
    const { job_id } = jobOf(await call);
    expect(await first.exited).toBe(0);
    expect(told(await start().call("job", { job_id, wait_s: 10 }))).toMatchObject({ status: "done" });
  });

  test("a killed engine leaves a crawl interrupted, with the pages that it had", async () => {
    const { start, pid } = openSharedServers();
    const links = Array.from({ length: 5 }, (_, index) => `<a href="/page?n=${index}">page</a>`).join(" ");
    const site = await openSite({
      "/page": (response, request) => {
        if (request.url !== "/page?n=4") reply(`<p>text ${links}`)(response, request);
      },
    });
    onTestFinished(() => site.close());
    const args = ["--allow-private", site.host, "--answer-within", "1s"];
    const first = start(args);
    const begun = jobOf(await first.call("crawl", { start_urls: [`${site.origin}/page`], extract: "text" }));
    const second = start(args);
    const progress = async () => told(await second.call("job", { job_id: begun.job_id, action: "read" }));
    await expect.poll(async () => (await progress())["done"], { timeout: 10_000 }).toBe(5);
    process.kill(await pid(), "SIGKILL");
    const left = told(await second.call("job", { job_id: begun.job_id }));
    expect(left).toMatchObject({ status: "interrupted", dataset: expect.stringMatching(/^ds_/) });
    expect(left["message"]).toContain("the process that worked on it has ended");
    const sql = `select count(*) as pages from ${String(left["dataset"])}`;
    const patient = start(["--allow-private", site.host]); // the engine starts anew
    expect(told(await patient.call("query_data", { sql }))).toMatchObject({ rows: [[5]] });
  });

  test("a killed engine leaves a scrape interrupted, with the pages that it had, those too that came too early", async () => {
    const { start, pid, folder } = openSharedServers();
    const silent = new Set([1, 4, 6]);
    const site = await openSite({
      "/page": (response, request) => {
        const n = Number(request.url?.split("=")[1]);
        if (!silent.has(n)) reply(`<title>${n}</title><p>text of ${n}`)(response, request);
      },
    });
    onTestFinished(() => site.close());
    const args = ["--allow-private", site.host, "--answer-within", "500ms"];
    const urls = Array.from({ length: 8 }, (_, n) => `${site.origin}/page?n=${n}`);
    const begun = jobOf(await start(args).call("scrape", { urls, per_host: 8, extract: "text", save_as: "slow" }));
    const second = start(args);
    const state = async () => told(await second.call("job", { job_id: begun.job_id, action: "read" }));
    await expect.poll(state, { timeout: 10_000 }).toMatchObject({ done: 5, dataset: expect.stringMatching(/^ds_/) });
    const kept = () => linesIn(join(folder, ".axoner/datasets"), /\.(jsonl|ahead)$/);
    await expect.poll(kept, { timeout: 10_000 }).toBe(5); // what came since the last second is not kept yet
    process.kill(await pid(), "SIGKILL");
    const left = told(await second.call("job", { job_id: begun.job_id }));
    expect(left).toMatchObject({ status: "interrupted", done: 5, total: 8, dataset: (await state())["dataset"] });
    expect(left["message"]).toContain(`what it had is kept as ${String(left["dataset"])}`);
    const sql = `select title, content from ${String(left["dataset"])}`;
    const patient = start(["--allow-private", site.host]); // the engine starts anew
    expect(told(await patient.call("query_data", { sql }))).toMatchObject({
      rows: [0, 2, 3, 5, 7].map((n) => [`${n}`, `text of ${n}`]),
    });
  });

  test("an agent's run is a job too", async () => {
    const { start } = openSharedServers();
    const args = [...plugin, "--provider", "openai-chat", "--model", "m", "--answer-within", "500ms"];
    const slowly = { tool_calls: [{ name: "linger", input: { ms: 1_500 } }] };
    const model = await openModelServer([slowly, { text: "at last" }]);
    onTestFinished(() => model.close());
    const env = { OPENAI_API_KEY: "sk-none", OPENAI_BASE_URL: `${model.origin}/v1` };
    const first = start(args, env);
    const { job_id } = jobOf(await first.call("run_agent", { prompt: "take your time" }));
    first.child.kill("SIGKILL");
    expect(told(await start(args, env).call("job", { job_id, wait_s: 10 }))).toMatchObject({ text: "at last" });
  });

  test("without a shared engine a job ends with its server, and says so", async () => {
    const { start } = openSharedServers();
    const first = start([...plugin, "--answer-within", "200ms", "--shared-engine", "off"]);
    const { job_id } = jobOf(await first.call("wait"));
    first.child.stdin.end();
    expect(await first.exited).toBe(0);
    expect(told(await start().call("job", { job_id }))).toMatchObject({
      status: "interrupted",
      message: expect.stringContaining("its engine was stopped"),
    });
  });

  test("a job is cancelled by any server", async () => {
    const { start, engines } = openSharedServers();
    const { job_id } = jobOf(await start([...plugin, "--answer-within", "200ms"]).call("wait"));
    expect(told(await start().call("job", { job_id, action: "cancel" }))).toMatchObject({ status: "interrupted" });
    expect((await engines())[0]?.status.calls).toBe(0);
  });
});

describe("how long a client waits", () => {
  const unset = { AXONER_ANSWER_WITHIN: "" };

  test("one that gives up at 5 s is answered before, and one that is told of progress gets its result", async () => {
    const { start } = openSharedServers();
    const server = start(plugin, unset);
    await server.call("echo", { text: "warm" });
    const patient = { name: "linger", arguments: { ms: 4_600 }, _meta: { progressToken: 1 } };
    const [impatient, { result }] = await Promise.all([
      server.call("wait"), // a minute, and the test would have ended before
      server.request("tools/call", patient),
    ]);
    expect(jobOf(impatient)["message"]).toContain("tool job");
    expect(result).toMatchObject({ structuredContent: { status: "done" } });
  });

  test("one that never gives up gets its result, however late", async () => {
    const server = openSharedServers().start([...plugin, "--answer-within", "0"]);
    expect(told(await server.call("linger", { ms: 4_500 }))).toMatchObject({ status: "done" });
  });

  test("without the tool job there are no jobs", async () => {
    const server = openSharedServers().start([...plugin, "--answer-within", "100ms", "--no-tools", "job"]);
    expect(told(await server.call("linger", { ms: 500 }))).toMatchObject({ status: "done" });
    expect(await server.call("job", { job_id: "job_1" })).toMatchObject({ structuredContent: { code: "not_found" } });
  });
});
