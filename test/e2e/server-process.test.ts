import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { temporaryFolder } from "../support/config.ts";
import { isAlive } from "../support/alive.ts";
import { alone, builtServer, misbehaving, startServer, type RunningServer } from "../support/server.ts";

const initialize = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
};

function startMisbehaving(): RunningServer {
  return startServer({ args: ["--plugin", misbehaving], cwd: temporaryFolder() });
}

async function enginePid(server: RunningServer): Promise<number> {
  const { structuredContent } = await server.call("print");
  return Number((structuredContent as JsonObject)["pid"]);
}

describe("end of input", () => {
  test("three lines are answered and the server exits with 0", async () => {
    const server = startServer({ cwd: temporaryFolder() });
    server.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize });
    server.send({ jsonrpc: "2.0", id: 2, method: "tools/list" });
    server.send({
      jsonrpc: "2.0",
      id: 3,
      method: "tools/call",
      params: { name: "calculate", arguments: { expression: "2 + 3" } },
    });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
    expect(new Set(server.received.map(({ id }) => id))).toEqual(new Set([1, 2, 3]));
    expect(server.received.find(({ id }) => id === 3)).toMatchObject({
      result: { structuredContent: { status: "done", result: "5" } },
    });
  });

  test("a call in flight in the engine is answered before the server exits", async () => {
    const server = startMisbehaving();
    const reply = server.call("count");
    server.child.stdin.end();
    expect(await reply).toMatchObject({ structuredContent: { counted: 10 } });
    expect(await server.exited).toBe(0);
  });

  test("no input at all ends the server with 0", async () => {
    const server = startServer({ cwd: temporaryFolder() });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
    expect(server.received).toEqual([]);
  });
});

describe("the client is gone", () => {
  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("%s stops what runs, and no child is left", async (signal, code) => {
    const server = startMisbehaving();
    const pid = await enginePid(server);
    server.request("tools/call", { name: "ignore_abort", arguments: {} }).catch(() => undefined);
    await server.request("ping");
    server.child.kill(signal);
    expect(await server.exited).toBe(code);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("SIGTERM ends a server whose engine is blocked, and no child is left", async () => {
    const server = startMisbehaving();
    const pid = await enginePid(server);
    server.request("tools/call", { name: "block", arguments: {} }).catch(() => undefined);
    await server.request("ping");
    server.child.kill("SIGTERM");
    expect(await server.exited).toBe(143);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("a closed stdout ends the server with the next message, and no child is left", async () => {
    const server = startMisbehaving();
    const pid = await enginePid(server);
    server.child.stdout.destroy();
    server.send({ jsonrpc: "2.0", id: "last", method: "ping" });
    expect(await server.exited).toBe(0);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("a killed server leaves no child", async () => {
    const server = startMisbehaving();
    const pid = await enginePid(server);
    server.request("tools/call", { name: "wait", arguments: {} }).catch(() => undefined);
    server.child.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("a killed parent ends a server that would have answered for a minute", async () => {
    const folder = temporaryFolder();
    const line = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "wait", arguments: {} },
    });
    const script = `
      const { spawn } = require("node:child_process");
      const server = spawn(process.execPath, [${JSON.stringify(builtServer)}, "--plugin", ${JSON.stringify(misbehaving)}]);
      server.stdin.write(${JSON.stringify(`${line}\n`)});
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["-e", script], { cwd: folder, env: { ...process.env, ...alone } });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (chunk) => resolve(Number(chunk))));
    await new Promise((resolve) => setTimeout(resolve, 500));
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});

describe("the server lives on", () => {
  test("after lines that are no messages", async () => {
    const server = startServer({ cwd: temporaryFolder() });
    server.child.stdin.write('garbage\n{"jsonrpc":"2.0","id":null,"method":"ping"}\n[]\n');
    expect(await server.request("ping")).toMatchObject({ result: {} });
    expect(server.received.slice(0, 3)).toMatchObject([
      { error: { code: -32700 } },
      { error: { code: -32600 } },
      { error: { code: -32600 } },
    ]);
  });

  test("after its engine was killed in the middle of a call, which gets an error", async () => {
    const server = startMisbehaving();
    const pid = await enginePid(server);
    const call = server.call("wait");
    await server.request("ping");
    process.kill(pid, "SIGKILL");
    expect(await call).toMatchObject({ isError: true, structuredContent: { code: "unavailable" } });
    expect(await enginePid(server)).not.toBe(pid);
  });

  test("while tools print, and stdout carries nothing but the protocol", async () => {
    const server = startMisbehaving();
    await enginePid(server);
    expect(server.stray).toEqual([]);
    expect(server.stderr()).toContain("a tool that prints");
  });

  test("and answers ping and calculate while long calls run", async () => {
    const server = startMisbehaving();
    const waiting = Array.from({ length: 20 }, () => server.request("tools/call", { name: "wait", arguments: {} }));
    for (const call of waiting) call.catch(() => undefined);
    expect(await server.request("ping")).toMatchObject({ result: {} });
    expect(await server.call("calculate", { expression: "1 / 3" })).toMatchObject({
      structuredContent: { status: "done" },
    });
  });

  test("and cancels a call without a reply", async () => {
    const server = startMisbehaving();
    server.send({ jsonrpc: "2.0", id: "long", method: "tools/call", params: { name: "wait", arguments: {} } });
    await server.request("ping");
    server.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "long" } });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
    expect(server.received.some(({ id }) => id === "long")).toBe(false);
  });
});

describe("plugins", () => {
  test("a plugin finds axoner and zod without having them installed, and its tools are listed and called", async () => {
    const folder = temporaryFolder();
    const source = readFileSync(new URL("../../examples/plugin/rate-supplier.mjs", import.meta.url), "utf8");
    writeFileSync(join(folder, "rate-supplier.mjs"), source);
    const server = startServer({ args: ["--plugin", "rate-supplier.mjs"], cwd: folder });
    const { result } = await server.request("tools/list");
    const names = ((result as JsonObject)["tools"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["calculate", "rate_supplier"]));
    expect(await server.call("rate_supplier", { lead_days: 2, rating: 4.5 })).toMatchObject({
      structuredContent: { grade: "A" },
    });
  });

  test.each([
    ["throws", "throw new Error('no such luck')", /no such luck/],
    ["exports nothing", "export const a = 1", /exports no tool/],
  ])("a plugin that %s ends the server with 2 and its reason", async (_name, source, reason) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "bad.mjs"), source);
    const server = startServer({ args: ["--plugin", "bad.mjs"], cwd: folder });
    server.request("initialize", initialize).catch(() => undefined);
    expect(await server.exited).toBe(2);
    expect(server.stderr()).toMatch(reason);
  });
});

describe("configuration", () => {
  test.each([
    [["--nonsense"], /nonsense/],
    [["--allow-private", "no//t"], /--allow-private no/],
    [["--max-turns", "x"], /--max-turns/],
    [["--tools", "scarpe"], /scarpe.*scrape/],
  ])("%j ends the server with 2 and one sentence", async (args, reason) => {
    const server = startServer({ args, cwd: temporaryFolder() });
    expect(await server.exited).toBe(2);
    expect(server.stderr()).toMatch(reason);
    expect(server.stderr().trim().split("\n")).toHaveLength(1);
  });

  test("--tools and --no-tools choose what is listed and what can be called", async () => {
    const server = startServer({
      args: ["--tools", "calculate,scrape", "--no-tools", "scrape"],
      cwd: temporaryFolder(),
    });
    const { result } = await server.request("tools/list");
    expect((result as { tools: { name: string }[] }).tools.map(({ name }) => name)).toEqual(["calculate"]);
    expect(await server.call("scrape", { urls: [] })).toMatchObject({ structuredContent: { code: "not_found" } });
  });
});

describe("the SDK's own client", () => {
  test("lists, calls with progress, reads resources, gets an error for what is not there", async () => {
    const folder = temporaryFolder();
    const client = new Client({ name: "test", version: "1" });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [builtServer, "--plugin", misbehaving],
      cwd: folder,
      env: alone,
    });
    await client.connect(transport);
    onTestFinished(() => client.close());
    expect((await client.listTools()).tools.length).toBeGreaterThan(8);
    const steps: number[] = [];
    const result = await client.callTool({ name: "count", arguments: {} }, undefined, {
      onprogress: ({ progress }) => steps.push(progress),
    });
    expect(result.structuredContent).toEqual({ status: "done", counted: 10 });
    expect(steps.at(-1)).toBe(10);
    expect((await client.callTool({ name: "refuse", arguments: {} })).isError).toBe(true);
    expect((await client.listResources()).resources).toEqual([]);
    await expect(client.readResource({ uri: "axoner://dataset/ds_0000000000000000" })).rejects.toThrow(/no resource/);
  });
});
