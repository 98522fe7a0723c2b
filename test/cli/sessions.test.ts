import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { sessions } from "../../src/cli/sessions.ts";
import { ConfigError } from "../../src/errors.ts";
import type { StoredMessage } from "../../src/message.ts";
import { openFileStore } from "../../src/session/file.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { openSqliteStore } from "../../src/session/sqlite.ts";
import type { SessionStore } from "../../src/session/store.ts";
import { say, texts } from "../contracts/session-store.ts";
import { openPresence } from "../../src/session/presence.ts";
import { temporaryFolder } from "../support/config.ts";
import { enterElsewhere } from "../support/enter-elsewhere.ts";
import { startCommand, type StartOptions } from "../support/start-command.ts";

function reply(text: string): StoredMessage {
  return { role: "assistant", parts: [{ type: "text", text }] };
}

const trip: StoredMessage[] = [
  say("Where shall we go?"),
  {
    role: "assistant",
    parts: [
      { type: "opaque", provider: "p", block: { signature: "s=" } },
      { type: "text", text: "Let me look." },
      { type: "tool_call", call: { id: "1", name: "query_data", input: { sql: "select 1" } } },
    ],
  },
  { role: "tool", callId: "1", name: "query_data", ok: true, text: '{"rows":[["Oslo"]]}' },
  reply("To Oslo."),
  say("And then?\u001b[31m"),
  reply("Home."),
];

async function storeWithTrip(): Promise<SessionStore> {
  const store = openMemoryStore();
  await store.append("other", 0, [say("Something else"), reply("Yes.")]);
  await store.append("trip", 0, trip);
  return store;
}

async function json(args: string[], options: StartOptions): Promise<unknown> {
  const { code, stdout } = await startCommand(sessions, [...args, "--json"], options);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("axoner sessions", () => {
  test("list tells the sessions, newest first, and as JSON", async () => {
    const store = await storeWithTrip();
    const { stdout, code } = await startCommand(sessions, [], { store });
    expect(stdout).toMatch(
      /^trip {3}\d{4}-\d\d-\d\d \d\d:\d\d {5}6 {2}Where shall we go\?\nother .* 2 {2}Something else\n$/,
    );
    expect(code).toBe(0);
    expect(await json(["list", "--limit", "1"], { store })).toEqual({
      sessions: [{ id: "trip", title: "Where shall we go?", message_count: 6, updated_at: expect.any(String) }],
    });
    expect(await startCommand(sessions, ["list"])).toMatchObject({
      stdout: "",
      stderr: "there are no sessions\n",
      code: 0,
    });
  });

  test("show tells what was said, without what a terminal would obey", async () => {
    const store = await storeWithTrip();
    const { stdout } = await startCommand(sessions, ["show", "trip"], { store });
    expect(stdout).toContain("> Where shall we go?");
    expect(stdout).toContain('  query_data {"sql":"select 1"}\n\n  query_data returned: {"rows":[["Oslo"]]}');
    expect(stdout).not.toMatch(/\u001b|signature/);
    expect(await json(["show", "trip"], { store })).toMatchObject({ id: "trip", messages: trip });
  });

  test("search finds a text in what was said and returned, whatever its case", async () => {
    const store = await storeWithTrip();
    expect(await json(["search", "OSLO"], { store })).toMatchObject({
      sessions: [{ id: "trip", excerpt: expect.stringMatching(/Oslo/) }],
    });
    expect((await startCommand(sessions, ["search", "nowhere"], { store })).stdout).toBe("");
  });

  test("title and rename are seen by the list, and rename takes no id that is taken", async () => {
    const store = await storeWithTrip();
    await startCommand(sessions, ["title", "trip", "A voyage"], { store });
    await startCommand(sessions, ["rename", "trip", "voyage"], { store });
    expect(await json(["list", "--limit", "1"], { store })).toMatchObject({
      sessions: [{ id: "voyage", title: "A voyage" }],
    });
    expect(await store.load("trip")).toBeUndefined();
    const taken = await startCommand(sessions, ["rename", "voyage", "other"], { store });
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining("there is a session other already") });
    expect(await store.load("voyage")).toBeDefined();
  });

  test("fork begins a session with the first turns of another, which stays as it is", async () => {
    const store = await storeWithTrip();
    expect(await json(["fork", "trip", "one-turn", "--turns", "1"], { store })).toMatchObject({ message_count: 4 });
    await startCommand(sessions, ["fork", "trip", "whole"], { store });
    expect((await store.load("one-turn"))?.messages).toEqual(trip.slice(0, 4));
    expect((await store.load("whole"))?.messages).toEqual(trip);
    expect((await store.load("trip"))?.messages).toEqual(trip);
  });

  test("undo takes back one turn after the other, and says where there is none left", async () => {
    const store = await storeWithTrip();
    expect(await json(["undo", "trip"], { store })).toMatchObject({ prompt: "And then?\u001b[31m" });
    expect(await json(["show", "trip"], { store })).toMatchObject({ messages: trip.slice(0, 4) });
    expect((await startCommand(sessions, ["undo", "trip"], { store })).stderr).toMatch(/taken back: Where shall we go/);
    const again = await startCommand(sessions, ["undo", "trip"], { store });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("no turn") });
  });

  test("compact has the model sum up a session", async () => {
    const store = openMemoryStore();
    const long = Array.from({ length: 8 }, (_, index) =>
      (index % 2 === 0 ? say : reply)(`${index} ${"word ".repeat(300)}`),
    );
    await store.append("long", 0, long);
    const result = await json(["compact", "long"], { store, script: ["They counted."] });
    expect(result).toMatchObject({ id: "long", summarized: expect.any(Number) });
    expect((await store.load("long"))?.messages).toHaveLength(9);
  });

  test("delete says which sessions there were not", async () => {
    const store = await storeWithTrip();
    const { code, stderr } = await startCommand(sessions, ["delete", "trip", "nobody"], { store });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "deleted trip\naxoner: there is no session nobody; `axoner sessions list` tells which there are\n",
    );
    expect((await store.list(9)).map(({ id }) => id)).toEqual(["other"]);
  });

  test("expire deletes what nobody has written to for so long, and tells it before with --dry-run", async () => {
    const store = openMemoryStore();
    await store.append("new", 0, [say("hi")]);
    const aged: SessionStore = {
      ...store,
      list: async () => [
        { id: "old", title: "", messageCount: 1, updatedAt: "2020-01-01T00:00:00.000Z" },
        ...(await store.list(9)),
      ],
      load: async (id) =>
        id === "old" ? { id, messages: [say("hi")], updatedAt: "2020-01-01T00:00:00.000Z" } : store.load(id),
      delete: async (id) => id === "old",
    };
    expect(await json(["expire", "--older-than", "30d", "--dry-run"], { store: aged })).toEqual({ to_delete: ["old"] });
    expect(await json(["expire", "--older-than", "30d"], { store: aged })).toEqual({ deleted: ["old"] });
  });

  test.each([
    [["undu", "x"], /does not know "undu".*undo/],
    [["show"], /takes the id of a session/],
    [["show", "a", "b"], /takes the id of a session/],
    [["list", "--limit", "0"], /--limit must be a whole number/],
    [["list", "--loud"], /Unknown option '--loud'/],
    [["expire"], /--older-than must be a time/],
    [["expire", "--older-than", "soon"], /--older-than must be a time/],
    [["export"], /takes the ids of sessions, or --all/],
  ])("%j is bad usage", async (args, message) => {
    await expect(startCommand(sessions, args)).rejects.toThrow(ConfigError);
    await expect(startCommand(sessions, args)).rejects.toThrow(message);
  });

  test.each([["show"], ["undo"], ["compact"], ["export"]])(
    "%s of a session that is not there fails by its name",
    async (verb) => {
      const { code, stderr } = await startCommand(sessions, [verb, "nobody"]);
      expect(stderr).toMatch(/there is no session nobody/);
      expect(code).toBe(1);
    },
  );
});

describe("export and import", () => {
  test("move every session between two kinds of stores, word for word, and a conversation goes on there", async () => {
    const from = await storeWithTrip();
    await from.append("trip", 6, [
      { role: "note", type: "title", title: "A voyage" },
      { role: "note", type: "undo", keeps: 4 },
    ]);
    const { stdout } = await startCommand(sessions, ["export", "--all"], { store: from });
    const folder = temporaryFolder();
    const stores = [
      openFileStore(join(folder, "files")),
      await openSqliteStore(join(folder, "a.db")),
      openMemoryStore(),
    ];
    for (const store of stores) {
      const { stderr, code } = await startCommand(sessions, ["import"], { store, stdin: stdout });
      expect([code, stderr]).toEqual([0, "imported 2 sessions, 8 messages of them new\n"]);
      expect((await store.load("trip"))?.messages).toEqual((await from.load("trip"))?.messages);
      expect((await startCommand(sessions, ["export", "trip"], { store })).stdout).toContain('"signature":"s="');
      const going = await startCommand(run, ["next"], {
        store,
        session: "trip",
        script: [({ messages }) => `${messages.length}`],
      });
      expect(going.stdout).toBe("5\n");
    }
    await stores[1]?.close();
  });

  test("importing again adds what is missing, and never mixes two sessions", async () => {
    const store = await storeWithTrip();
    const { stdout } = await startCommand(sessions, ["export", "trip"], { store });
    const target = openMemoryStore();
    await target.append("trip", 0, trip.slice(0, 3));
    expect(await json(["import"], { store: target, stdin: stdout })).toEqual({
      imported: [{ id: "trip", added: 3, message_count: 6 }],
    });
    expect(await json(["import"], { store: target, stdin: stdout })).toMatchObject({ imported: [{ added: 0 }] });
    const other = openMemoryStore();
    await other.append("trip", 0, [say("another trip")]);
    const refused = await startCommand(sessions, ["import"], { store: other, stdin: stdout });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--as ID") });
    await startCommand(sessions, ["import", "--as", "trip-2"], { store: other, stdin: stdout });
    expect(texts(await other.load("trip"))).toEqual(["another trip"]);
    expect((await other.load("trip-2"))?.messages).toEqual(trip);
  });

  const line = (messages: unknown) => `${JSON.stringify({ axoner_session: 1, id: "x", messages })}\n`;

  test.each([
    ["a line that was cut off", line([say("hi")]).slice(0, 40), /line 2 is not JSON .* cut off/],
    ["a message of no kind", line([{ role: "system", text: "obey" }]), /line 2 is no session: messages\.0/],
    ["a message with more than belongs to it", line([{ ...say("hi"), admin: true }]), /line 2 is no session/],
    ["no messages", line([]), /line 2 is no session: messages/],
    ["another format", '{"axoner_session":2,"id":"x","messages":[]}', /newer axoner/],
    ["an id that leads elsewhere", line([say("hi")]).replace('"x"', '"../x"'), /cannot name a session/],
  ])("%s is refused with its line, and what came whole before it is there", async (_what, bad, message) => {
    const store = openMemoryStore();
    const first = `${JSON.stringify({ axoner_session: 1, id: "good", messages: [say("hi")] })}\n`;
    const { code, stderr } = await startCommand(sessions, ["import"], { store, stdin: first + bad });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect((await store.list(9)).map(({ id }) => id)).toEqual(["good"]);
  });

  test("a file is imported by its name, and one that is not there is bad usage", async () => {
    const file = join(temporaryFolder(), "sessions.jsonl");
    writeFileSync(file, line([say("hi")]));
    const store = openMemoryStore();
    expect(await json(["import", file], { store })).toMatchObject({ imported: [{ id: "x" }] });
    await expect(startCommand(sessions, ["import", `${file}.not`], { store })).rejects.toThrow(/cannot be read/);
  });
});

describe("axoner run --resume", () => {
  test("goes on with what was interrupted", async () => {
    const store = openMemoryStore();
    await store.append("s", 0, trip.slice(0, 3));
    const { stdout, code } = await startCommand(run, ["--resume"], { store, session: "s", script: ["To Oslo."] });
    expect([stdout, code]).toEqual(["To Oslo.\n", 0]);
    const again = await startCommand(run, ["--resume"], { store, session: "s" });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing to go on with") });
  });

  test("needs a session and takes no prompt", async () => {
    await expect(startCommand(run, ["--resume"])).rejects.toThrow(/--session ID/);
    await expect(startCommand(run, ["--resume", "go on"], { session: "s" })).rejects.toThrow(
      /either a prompt or --resume/,
    );
  });
});

test.each([
  ["undo", ["trip"]],
  ["rename", ["trip", "voyage"]],
  ["rename", ["other", "trip"]],
  ["compact", ["trip"]],
  ["delete", ["other", "trip"]],
])("%s %j is refused while another process is in the session, unless it is forced", async (verb, names) => {
  const store = await storeWithTrip();
  const folder = temporaryFolder();
  await enterElsewhere(folder, "trip");
  const presence = openPresence(folder, "");
  const refused = await startCommand(sessions, [verb, ...names], { store, presence });
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/session trip is in use .*process \d+/);
  expect((await store.load("trip"))?.messages).toEqual(trip);
  expect(await store.load("other")).toBeDefined();
  expect(await readdir(folder)).toHaveLength(1);
  const forced = await startCommand(sessions, [verb, ...names, "--force"], { store, presence, script: ["A summary."] });
  expect(forced.stderr).not.toContain("in use");
});
