import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { openJobFiles } from "../../src/engine/jobs/job-files.ts";
import { keepJobs } from "../../src/engine/jobs/keep-jobs.ts";
import { openLocalEngine } from "../../src/engine/local.ts";
import { withJobTool } from "../../src/runtime/jobs.ts";
import type { JsonObject } from "../../src/message.ts";
import type { Services } from "../../src/tools/services.ts";
import type { ToolResult } from "../../src/tools/tool.ts";
import { temporaryFolder } from "../support/config.ts";
import * as tools from "../support/engine-tools.ts";

interface Lab {
  workspace: string;
  engine: Engine;
  call(name: string, input?: JsonObject, options?: { within?: number; signal?: AbortSignal }): Promise<ToolResult>;
  /** Begin a job and give its id. */
  begin(name: string, input?: JsonObject): Promise<string>;
}

function openLab(workspace = join(temporaryFolder(), ".axoner")): Lab {
  const files = async () => openJobFiles(workspace);
  const local = openLocalEngine({ tools: Object.values(tools), services: () => ({}) as Services });
  const engine = withJobTool(keepJobs({ engine: local, files }), files);
  onTestFinished(() => engine.close());
  const call: Lab["call"] = (name, input = {}, { within, signal = new AbortController().signal } = {}) =>
    engine.call(name, input, { signal, progress: () => undefined, answerWithinMs: within });
  return {
    workspace,
    engine,
    call,
    async begin(name, input) {
      const result = await call(name, input, { within: 30 });
      if (!result.ok || result.value["status"] !== "running") throw new Error(`no job: ${JSON.stringify(result)}`);
      return String(result.value["job_id"]);
    },
  };
}

test("a call that is answered in time is no job, nor is one whose caller waits", async () => {
  const { call, workspace } = openLab();
  expect(await call("echo", { text: "a" }, { within: 5_000 })).toMatchObject({ value: { status: "done", text: "a" } });
  expect(await call("linger", { ms: 100 })).toMatchObject({ value: { status: "done" } });
  expect(existsSync(workspace)).toBe(false);
});

test("a call that takes longer is answered with its job, how far it is, and what to do", async () => {
  const { call, workspace } = openLab();
  const result = await call("linger", { ms: 300 }, { within: 20 });
  expect(result).toMatchObject({
    ok: true,
    value: { status: "running", done: 1, total: 2, message: "half of it; wait for it with the tool job" },
  });
  const id = result.ok ? String(result.value["job_id"]) : "";
  expect(id).toMatch(/^job_[0-9a-f]{32}$/);
  expect(statSync(join(workspace, "jobs", `${id}.json`)).mode & 0o777).toBe(0o600);
  expect(await call("job", { job_id: id, action: "read" })).toMatchObject({ value: { status: "running", done: 1 } });
  expect(await call("job", { job_id: id, wait_s: 10 })).toEqual({
    ok: true,
    value: { status: "done", pid: process.pid },
  });
  expect(await call("job", { job_id: id, action: "read" })).toMatchObject({ value: { status: "done" } });
});

test("a job whose caller passes its id on to nobody is stopped", async () => {
  const { call } = openLab();
  const caller = new AbortController();
  const result = await call("wait", {}, { within: 20, signal: caller.signal });
  caller.abort();
  expect(await call("job", { job_id: result.ok ? (result.value["job_id"] ?? "") : "" })).toMatchObject({
    value: { status: "interrupted", message: "wait was cancelled" },
  });
});

test("a call whose caller is gone before it was a job is stopped", async () => {
  const { call, workspace } = openLab();
  const caller = new AbortController();
  const result = call("wait", {}, { within: 10_000, signal: caller.signal });
  setTimeout(() => caller.abort(), 20);
  expect(await result).toMatchObject({ ok: false, code: "cancelled" });
  expect(existsSync(workspace)).toBe(false);
});

test("another process reads, waits for and cancels a job by its file", async () => {
  const one = openLab();
  const other = openLab(one.workspace);
  const id = await one.begin("linger", { ms: 400 });
  expect(await other.call("job", { job_id: id, action: "read" })).toMatchObject({ value: { status: "running" } });
  expect(await other.call("job", { job_id: id })).toMatchObject({ value: { status: "done", pid: process.pid } });
  const endless = await one.begin("wait");
  const cancelled = { ok: true, value: { status: "interrupted", job_id: endless, message: "wait was cancelled" } };
  expect(await other.call("job", { job_id: endless, action: "cancel" })).toMatchObject(cancelled);
  expect(await one.call("job", { job_id: endless })).toMatchObject(cancelled);
});

test("a job that fails gives the error of its tool", async () => {
  const { call, begin } = openLab();
  const id = await begin("fail_late");
  expect(await call("job", { job_id: id })).toEqual({ ok: false, code: "http_error", message: "late and wrong" });
});

test("an engine that is closed leaves its jobs interrupted, with what they had", async () => {
  const one = openLab();
  const id = await one.begin("linger", { ms: 60_000, dataset: "ds_0123456789abcdef" });
  await one.engine.close();
  expect(await openLab(one.workspace).call("job", { job_id: id })).toMatchObject({
    ok: true,
    value: {
      status: "interrupted",
      done: 1,
      total: 2,
      dataset: "ds_0123456789abcdef",
      message:
        "linger was interrupted: its engine was stopped; it had come to: half of it; what it had is kept as ds_0123456789abcdef",
    },
  });
});

test.each([
  ["has ended", (job: JsonObject) => ({ ...job, owner: String(job["owner"]).replace(/^\d+/, "4194304") })],
  ["has been silent for too long", (job: JsonObject) => ({ ...job, seenAt: Date.now() - 120_000 })],
])("a job whose process %s is interrupted", async (_what, change) => {
  const { call, begin, workspace, engine } = openLab();
  const id = await begin("wait");
  const path = join(workspace, "jobs", `${id}.json`);
  const left = JSON.stringify(change(JSON.parse(readFileSync(path, "utf8")) as JsonObject));
  await engine.close();
  writeFileSync(path, left);
  expect(await openLab(workspace).call("job", { job_id: id })).toMatchObject({
    value: { status: "interrupted", message: expect.stringContaining("the process that worked on it has ended") },
  });
  expect(await call("job", { job_id: id })).toMatchObject({ code: "cancelled" });
});

test.each(["../../axoner", "job_", `job_${"a".repeat(32)}`, `job_${"0".repeat(32)}/../x`, "job_\u0000"])(
  "%j is no job",
  async (id) => {
    const result = await openLab().call("job", { job_id: id });
    expect(result).toMatchObject({ ok: false, code: "not_found", message: expect.stringContaining("there is no job") });
  },
);

test("what a project brings as a job's file is not believed where it is none, and not written over", async () => {
  const { call, workspace } = openLab();
  const folder = join(workspace, "jobs");
  mkdirSync(folder, { recursive: true });
  const [link, torn, victim] = [`job_${"1".repeat(32)}`, `job_${"2".repeat(32)}`, join(workspace, "victim")];
  writeFileSync(victim, "precious");
  symlinkSync(victim, join(folder, `${link}.json`));
  writeFileSync(join(folder, `${torn}.json`), '{"id": "job_2", "tool"');
  for (const id of [link, torn]) expect(await call("job", { job_id: id })).toMatchObject({ code: "not_found" });
  const planted = `job_${"3".repeat(32)}`;
  const owner = `${process.pid}-00000000-0000000000000000`;
  const job = { id: planted, tool: "scrape", owner, seenAt: Date.now(), progress: { done: 0 } };
  writeFileSync(join(folder, `${planted}.json`), JSON.stringify(job));
  symlinkSync(victim, join(folder, `${planted}.cancel`));
  await call("job", { job_id: planted, action: "cancel" });
  expect(readFileSync(victim, "utf8")).toBe("precious");
});

test("jobs that ended an hour ago are forgotten when another begins", async () => {
  const { begin, call, workspace } = openLab();
  const old = await begin("linger", { ms: 60 });
  await call("job", { job_id: old });
  const longAgo = new Date(Date.now() - 3_700_000);
  utimesSync(join(workspace, "jobs", `${old}.json`), longAgo, longAgo);
  writeFileSync(join(workspace, "jobs", "notes.txt"), "not a job's");
  utimesSync(join(workspace, "jobs", "notes.txt"), longAgo, longAgo);
  const id = await begin("linger", { ms: 60 });
  expect(readdirSync(join(workspace, "jobs")).toSorted()).toEqual([`${id}.json`, "notes.txt"].toSorted());
  expect(await call("job", { job_id: old })).toMatchObject({ code: "not_found" });
});

test("where no job can be kept the caller waits, and may still cancel", async () => {
  const workspace = join(temporaryFolder(), ".axoner");
  writeFileSync(workspace, "");
  const { call } = openLab(workspace);
  expect(await call("linger", { ms: 200 }, { within: 20 })).toMatchObject({ value: { status: "done" } });
  const caller = new AbortController();
  const result = call("wait", {}, { within: 20, signal: caller.signal });
  await delay(150);
  caller.abort();
  expect(await result).toMatchObject({ code: "cancelled" });
  rmSync(workspace);
});

test("beyond 64 jobs a caller waits", async () => {
  const { call, begin } = openLab();
  await Promise.all(Array.from({ length: 64 }, () => begin("wait")));
  expect(await call("linger", { ms: 100 }, { within: 20 })).toMatchObject({ value: { status: "done" } });
});

test("progress of a job is no longer told to a caller that was answered, but to whoever waits for it", async () => {
  const { engine } = openLab();
  const [told, followed]: number[][] = [[], []];
  const signal = new AbortController().signal;
  const options = { signal, progress: ({ done }: { done: number }) => void told?.push(done), answerWithinMs: 1 };
  const result = await engine.call("count_slowly", {}, options);
  const before = told?.length;
  const id = result.ok ? result.value["job_id"] : "";
  await engine.call("job", { job_id: id ?? "" }, { signal, progress: ({ done }) => void followed?.push(done) });
  expect(told).toHaveLength(before ?? -1);
  expect(followed?.length).toBeGreaterThan(0);
});
