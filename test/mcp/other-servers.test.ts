import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { McpServer } from "../../src/config/mcp-servers.ts";
import { setLogLevel } from "../../src/log.ts";
import { openOtherServers } from "../../src/mcp/other-servers.ts";
import type { Progress } from "../../src/tools/tool.ts";
import { isAlive } from "../support/alive.ts";
import { temporaryFolder } from "../support/config.ts";

setLogLevel("silent"); // a server that does not start is logged

const program = fileURLToPath(new URL("../support/odd-mcp-server.ts", import.meta.url));

function start(changes: Record<string, Partial<McpServer>> = { odd: {} }, startTimeoutMs = 20_000) {
  const marks = join(temporaryFolder(), "marks");
  const servers = Object.fromEntries(
    Object.entries(changes).map(([name, change]) => {
      const stdio: McpServer = {
        kind: "stdio",
        command: process.execPath,
        args: [program, marks],
        env: {},
        cwd: undefined,
      };
      return [name, { ...stdio, ...change } as McpServer];
    }),
  );
  const engine = openOtherServers({
    servers,
    client: { name: "test", version: "1" },
    taken: new Set(["calculate"]),
    startTimeoutMs,
  });
  onTestFinished(() => engine.close());
  const call = (name: string, input: unknown = {}, signal = new AbortController().signal) =>
    engine.call(name, input, { signal, progress: () => undefined });
  const marked = () => (existsSync(marks) ? readFileSync(marks, "utf8").trim().split("\n") : []);
  const names = async () => (await engine.definitions()).map(({ name }) => name);
  return { engine, call, marked, names };
}

describe("another server", () => {
  test("is started by the first use and its tools have names that every model takes", async () => {
    const { names, marked, call } = start();
    expect(marked()).toEqual([]);
    expect(await names()).toEqual(expect.arrayContaining(["add_numbers", "odd_calculate", "crash", "hang"]));
    expect(await call("add_numbers", { a: 2, b: 3 })).toEqual({ ok: true, value: { sum: 5 } });
    expect(await call("odd_calculate")).toEqual({ ok: true, value: { text: "odd sums" } });
    expect(marked()).toHaveLength(1);
  });

  test("is believed to only read where it says so, or the user does", async () => {
    const { engine } = start({ odd: { readOnlyTools: ["add-numbers", "crash"] } });
    const definitions = await engine.definitions();
    expect(new Set(definitions.map(({ server }) => server))).toEqual(new Set(["odd"]));
    expect(definitions.find(({ name }) => name === "crash")?.hints.readOnly).toBe(true);
    expect(definitions.find(({ name }) => name === "hang")?.hints.readOnly).toBe(false);
  });

  test("gets the environment of its configuration, and no key of ours", async () => {
    process.env["OPENAI_API_KEY"] = "sk-secret";
    onTestFinished(() => void delete process.env["OPENAI_API_KEY"]);
    const cwd = temporaryFolder();
    const { call } = start({ odd: { env: { ODD_TOKEN: "t" }, cwd } as Partial<McpServer> });
    const result = await call("environment");
    const told = JSON.parse(result.ok ? String(result.value["text"]) : "{}") as { names: string[]; token: string };
    expect(told).toMatchObject({ token: "t", cwd });
    expect(told.names).toContain("PATH");
    expect(told.names).not.toContain("OPENAI_API_KEY");
  });

  test("that answers with more than can be taken lives on, and the call is told why", async () => {
    const { call, marked } = start();
    expect(await call("deluge")).toMatchObject({
      ok: false,
      code: "too_large",
      message: expect.stringMatching(/deluge of the server odd: .*50000\d\d\d bytes, at most 16777216.*ask for less/),
    });
    expect(await call("add_numbers", { a: 2, b: 3 })).toMatchObject({ ok: true });
    expect(marked()).toHaveLength(1);
  });

  test("that sends a long answer to a call that was cancelled answers the next", async () => {
    const { call } = start();
    await call("add_numbers", { a: 1, b: 1 });
    const controller = new AbortController();
    const flooding = call("deluge", {}, controller.signal);
    controller.abort();
    expect(await flooding).toMatchObject({ ok: false, code: "cancelled" });
    expect(await call("add_numbers", { a: 2, b: 3 })).toMatchObject({ ok: true });
  });

  test("that ends in a call is told about, and started again by the next", async () => {
    const { call, marked } = start();
    expect(await call("crash")).toMatchObject({
      ok: false,
      code: "unavailable",
      message: expect.stringMatching(/ended before it answered crash; it is started again by the next call/),
    });
    expect(await call("add_numbers", { a: 1, b: 1 })).toEqual({ ok: true, value: { sum: 2 } });
    expect(marked()).toHaveLength(2);
  });

  test("that ends in a call which only reads is asked again, once", async () => {
    const { call, marked } = start();
    expect(await call("crash_once")).toEqual({ ok: true, value: { text: "start 2" } });
    expect(marked()).toHaveLength(2);
  });

  test("that ends again and again is left alone", async () => {
    const { call, marked } = start();
    for (let count = 0; count < 6; count++) await call("crash");
    expect(await call("crash")).toMatchObject({
      message: expect.stringMatching(/3 times in a row and is not started again/),
    });
    expect(marked().length).toBeLessThanOrEqual(4);
  });

  test("that does not start leaves the others' tools there, and says why", async () => {
    const { names, call } = start({ broken: { env: { ODD_FAIL: "colour" } } as Partial<McpServer>, odd: {} });
    expect(await names()).toContain("add_numbers");
    expect(await call("nothing")).toMatchObject({ code: "not_found" });
  });

  test("of a program that there is not, or that says nothing, is missing", async () => {
    const { names } = start(
      { none: { command: "/nowhere/at-all" }, mute: { args: ["-e", "setTimeout(() => {}, 1e6)"] } },
      500,
    );
    expect(await names()).toEqual([]);
  });

  test("that hangs is cancelled, told so, and its progress is forwarded", async () => {
    const { engine, marked } = start();
    await engine.definitions();
    const controller = new AbortController();
    const updates: Progress[] = [];
    const progress = (update: Progress) => {
      updates.push(update);
      controller.abort();
    };
    const result = await engine.call("hang", {}, { signal: controller.signal, progress });
    expect(result).toMatchObject({ ok: false, code: "cancelled" });
    expect(updates).toEqual([{ done: 1, total: 9 }]);
    await expect.poll(marked).toContain("cancelled");
  });

  test("whose tools change is followed", async () => {
    const { names, call } = start();
    expect(await names()).not.toContain("learned");
    await call("learn");
    await expect.poll(names).toContain("learned");
    expect(await call("learned")).toEqual({ ok: true, value: { text: "news" } });
  });

  test("says what failed, and results that are too long are cut", async () => {
    const { call } = start();
    expect(await call("fail")).toEqual({ ok: false, code: "unavailable", message: "there is no such row" });
    expect(await call("flood")).toMatchObject({ value: { truncated: true } });
    expect(await call("picture")).toMatchObject({ images: [{ data: "aGk=", mimeType: "image/png" }] });
  });

  test("has its tools told apart from those of a third by its name", async () => {
    const { names, call } = start({ one: {}, two: {} });
    expect(await names()).toEqual(expect.arrayContaining(["one_fail", "two_fail", "one_calculate", "two_calculate"]));
    expect(await call("two_add_numbers", { a: 1, b: 2 })).toMatchObject({ value: { sum: 3 } });
  });

  test("leaves no process behind", async () => {
    const { engine, marked } = start({ one: {}, two: {} });
    await engine.definitions();
    const processes = marked().map(Number);
    expect(processes).toHaveLength(2);
    await engine.close();
    expect(processes.filter(isAlive)).toEqual([]);
    expect(
      await engine.call("one_fail", {}, { signal: new AbortController().signal, progress: () => undefined }),
    ).toMatchObject({
      code: "unavailable",
    });
  });
});
