import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { patient, readJobs } from "../support/job-lab.ts";
import { misbehaving } from "../support/server.ts";
import { openSharedServers } from "../support/shared-servers.ts";

const calls = 20;
const ids = Array.from({ length: calls }, (_, call) => `call ${call}`);

/** Have the shared engine answer calls with jobs while their server is held; `meanwhile` is done before it answers. */
async function answerHeldServer(meanwhile: (send: (message: JsonObject) => void) => void) {
  const { folder, start, engines } = openSharedServers();
  const server = start(["--plugin", misbehaving], { AXONER_ANSWER_WITHIN: "1500ms" });
  await server.call("echo", { text: "warm" });
  for (const id of ids)
    server.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "wait", arguments: {} } });
  await expect.poll(async () => (await engines())[0]?.status.calls, patient).toBe(calls);
  server.child.kill("SIGSTOP");
  meanwhile(server.send);
  const workspace = join(folder, ".axoner");
  const begun = () => {
    const names = existsSync(join(workspace, "jobs")) ? readdirSync(join(workspace, "jobs")) : [];
    return names.filter((name) => name.endsWith(".json")).length;
  };
  await expect.poll(begun, patient).toBe(calls);
  await engines(); // which is answered after the calls
  return { server, jobs: () => readJobs(workspace) };
}

describe.runIf(process.platform === "linux")("jobs with which calls were answered", () => {
  test("go on where their ids were told, and nowhere else, when a cancellation crosses the answer", async () => {
    // the server reads the cancellations first, and the answers right behind them
    const { server, jobs } = await answerHeldServer((send) => {
      for (const id of ids) send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
    });
    server.child.kill("SIGCONT");
    await server.request("ping"); // what was to be told was told before its answer
    const results = server.received.map(({ result }) => (result as JsonObject)["structuredContent"] as JsonObject);
    const told = new Set(results.map((result) => result?.["job_id"]));
    const isAsTold = ({ id = "", interrupted = "goes on" }: JsonObject) =>
      interrupted === (told.has(id) ? "goes on" : "wait was cancelled");
    expect(jobs().some(({ id = "" }) => !told.has(id))).toBe(true);
    await expect.poll(() => jobs().filter((job) => !isAsTold(job)), patient).toEqual([]);
  }, 60_000);

  test("are stopped when the server is killed before it has read the answers", async () => {
    const { server, jobs } = await answerHeldServer(() => undefined);
    server.child.kill("SIGKILL");
    const interrupted = () => jobs().map((job) => job["interrupted"]);
    await expect.poll(interrupted, patient).toEqual(ids.map(() => "wait was cancelled"));
  }, 60_000);
});
