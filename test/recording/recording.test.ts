import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createAgent, openNodeHost, openProvider, openRecording, type Tape } from "../../src/index.ts";
import { openTurns } from "../../src/recording/turns.ts";
import { add, collect } from "../support/agent-fixtures.ts";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer } from "../support/model-server.ts";
import { openSite, reply, type Route } from "../support/site.ts";

const key = "sk-test-0123456789";

describe("openRecording", () => {
  test("records and replays an agent with tools of one's own", async () => {
    const path = join(temporaryFolder(), "run.jsonl");
    const calls = [1, 2, 3].map((a) => ({ name: "add", input: { a, b: a } }));
    const model = await openModelServer([{ text: "Adding.", tool_calls: calls }, "Done."]);
    const run = async (recording: Tape) => {
      const host = openNodeHost({ recording });
      const baseUrl = `${model.origin}/v1`;
      const provider = await openProvider("openai-chat", { model: "m", baseUrl, apiKey: key, host });
      const events = await collect(createAgent({ provider, tools: [add], recording }).run({ prompt: "Add." }));
      await host.close();
      recording.close();
      return events;
    };
    const recorded = await run(openRecording({ path, mode: "record", secrets: [key] }));
    await model.close();
    expect(recorded.at(-1)).toMatchObject({ type: "run_finished", exit_reason: "finished", text: "Done." });
    expect(await run(openRecording({ path, mode: "replay" }))).toEqual(recorded);
  });

  test("answers equal requests in their order, and others in whatever order they come", async () => {
    let count = 0;
    const counting: Route = (response) => void response.end(`answer ${(count += 1)}`);
    const { record, replay } = await recordedSite({ "/a": counting, "/b": "b", "/c": "c" });
    const recorded = await record(["/a", "/b", "/a", "/c", "/a"]);
    expect(await replay(["/c", "/a", "/a", "/b", "/a"])).toEqual([3, 0, 2, 1, 4].map((index) => recorded[index]));
    await expect(replay(["/a", "/a", "/a", "/a"])).rejects.toThrow("it was asked 3 times there");
    await expect(replay(["/d"])).rejects.toThrow(
      /GET \S+\/d is not in the recording .*; the nearest there is GET \S+\/[abc]/,
    );
  });

  test("warns of a value that it does not hold, for what comes out may differ", () => {
    const path = join(temporaryFolder(), "values.jsonl");
    const recording = openRecording({ path, mode: "record" });
    recording.ofCall("scrape", {}).drawn("time", () => "then");
    recording.close();
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    onTestFinished(() => told.mockRestore());
    const replay = openRecording({ path, mode: "replay" });
    expect(replay.ofCall("scrape", {}).drawn("time", () => "now")).toBe("then");
    expect(told).not.toHaveBeenCalled();
    expect(replay.ofCall("scrape", { other: true }).drawn("time", () => "now")).toBe("now");
    expect(told.mock.calls.join("")).toMatch(
      /warn: the recording \S+ holds no value for "time" of scrape \w+ 1: a new one/,
    );
  });

  test("keeps no secret of the addresses by which values and turns are told apart", async () => {
    const path = join(temporaryFolder(), "values.jsonl");
    const recording = openRecording({ path, mode: "record" });
    const addresses = [
      "http://u:hunter22@a.example/?x=a b&token=hunter22hunter22",
      "http://u:hunter22@a b/",
      "ftp://u:hunter22@c",
    ];
    for (const [index, one] of addresses.entries()) {
      const call = recording.ofCall("scrape", {});
      call.drawn(`time of ${one}`, () => `time ${index}`);
      call.measured(`duration of ${one}`, () => index);
      await call.inTurn(one);
    }
    recording.close();
    expect(readFileSync(path, "utf8")).not.toContain("hunter22");
    const replay = openRecording({ path, mode: "replay" });
    for (const [index, one] of addresses.entries()) {
      const call = replay.ofCall("scrape", {});
      expect(call.drawn(`time of ${one}`, () => "")).toBe(`time ${index}`);
      expect(call.measured(`duration of ${one}`, () => -1)).toBe(index);
      await call.inTurn(one);
    }
  });

  test("gives a stream in the chunks in which it came", async () => {
    const { record, replay } = await recordedSite({
      "/stream": (response) => {
        response.write("data: 1\n");
        setTimeout(() => response.write("\ndata: 2"), 30);
        setTimeout(() => response.end("\n\n"), 60);
      },
    });
    const recorded = await record(["/stream"]);
    expect(recorded[0]?.join("")).toBe("data: 1\n\ndata: 2\n\n");
    expect(await replay(["/stream"])).toEqual(recorded);
  });

  test("keeps bodies that are no text, unpacks those that came packed, and keeps no secret of either", async () => {
    const packed = reply(gzipSync(`<p>${key}</p>`), { "content-encoding": "gzip", "set-cookie": "sid=0123456789" });
    const { record, replay, text } = await recordedSite({
      "/packed": packed,
      "/bytes": reply(Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(key)])),
    });
    expect((await record(["/packed"]))[0]?.join("")).toBe(`<p>${key}</p>`);
    await record(["/bytes"]);
    expect(text()).not.toContain(key);
    expect(text()).not.toContain("sid=");
    expect((await replay(["/packed"]))[0]?.join("")).toBe("<p>axoner-removed</p>");
    const kept = text().match(/"base64":"([^"]+)"/)?.[1] ?? "";
    expect(Buffer.from(kept, "base64").toString("latin1")).toBe("\0\u{ff}\u{80}axoner-removed");
  });

  test("reads a recording whose last line is torn, and refuses one that is damaged before", async () => {
    const { record, replay, text, path } = await recordedSite({ "/a": "a", "/b": "b" });
    const recorded = await record(["/a", "/b"]);
    writeFileSync(path, `${text()}{"kind":"asked","id":"9`);
    expect(await replay(["/a", "/b"])).toEqual(recorded);
    writeFileSync(path, text().replace('{"kind":"head"', '{"kind":"heat"'));
    await expect(replay(["/a"])).rejects.toThrow(/line \d+ of the recording .* is damaged/);
  });
});

describe("turns", () => {
  test("come as they were recorded, however they arrive", async () => {
    const turns = openTurns(["a", "b", "c"]);
    const came: string[] = [];
    await Promise.all(["c", "x", "b", "a"].map((what) => turns.take(what).then(() => came.push(what))));
    expect(came).toEqual(["x", "a", "b", "c"]);
  });

  test("go on without what does not come any more", async () => {
    const turns = openTurns(["gone", "a", "b"]);
    const came: string[] = [];
    await Promise.all(["b", "a"].map((what) => turns.take(what).then(() => came.push(what))));
    expect(came).toEqual(["a", "b"]);
  });
});

/** A site whose replies are recorded, and which is gone when they are replayed. */
async function recordedSite(routes: Record<string, Route | string>) {
  const path = join(temporaryFolder(), "site.jsonl");
  const site = await openSite(routes);
  onTestFinished(site.close);
  const recording = openRecording({ path, mode: "record", secrets: [key] });
  onTestFinished(() => recording.close());
  const ask = async (tape: Tape, paths: readonly string[]) => {
    const host = openNodeHost({ recording: tape });
    const { signal } = new AbortController();
    const answers: string[][] = [];
    for (const one of paths) {
      const response = await host.fetch(site.origin + one, { method: "GET", headers: {}, signal });
      const reader = response.body?.getReader();
      const chunks: string[] = [];
      for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
        chunks.push(Buffer.from(read.value).toString());
      }
      answers.push(chunks);
    }
    await host.close();
    return answers;
  };
  return {
    path,
    text: () => readFileSync(path, "utf8"),
    record: (paths: readonly string[]) => ask(recording, paths),
    replay: async (paths: readonly string[]) => ask(openRecording({ path, mode: "replay" }), paths),
  };
}
