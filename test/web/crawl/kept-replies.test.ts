import { randomBytes } from "node:crypto";
import { readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heldInMemory, openBodyFile } from "../../../src/web/body-file.ts";
import { openKeptReplies, type KeptReply } from "../../../src/web/crawl/kept-replies.ts";
import { temporaryFolder } from "../../support/config.ts";

const url = "https://a.example/x";

function reply(held: NonNullable<KeptReply["body"]>["held"]): KeptReply {
  const types = { contentType: "text/html", contentEncoding: "" };
  const head = { finalUrl: url, status: 200, fetchedAt: "2026-01-01T00:00:00Z", elapsedMs: 1, tags: [], ...types };
  return { ...head, body: { ...types, held }, error: undefined };
}

test.each([0, 100, 262_144, 3_000_000])("a reply of %i bytes comes as it was kept", async (sizeBytes) => {
  const bytes = new Uint8Array(randomBytes(sizeBytes));
  const received = openBodyFile();
  received.add(bytes);
  const folder = temporaryFolder();
  (await openKeptReplies(folder, "c")).keep(url, reply(received));
  expect(Buffer.compare(received.take(), bytes)).toBe(0);

  const held = (await openKeptReplies(folder, "c")).find(url)?.body?.held;
  expect(held?.sizeBytes).toBe(sizeBytes);
  expect(Buffer.compare(held?.part(1, 3) ?? Buffer.of(9), bytes.subarray(1, 3))).toBe(0);
  expect(Buffer.compare(held?.take() ?? Buffer.of(9), bytes)).toBe(0);
});

test("a large reply that is cut short is none", async () => {
  const folder = temporaryFolder();
  const replies = await openKeptReplies(folder, "c");
  replies.keep(url, reply(heldInMemory(new Uint8Array(1_000_000))));
  const [crawl = ""] = await readdir(join(folder, "replies"));
  const [name = ""] = await readdir(join(folder, "replies", crawl));
  await truncate(join(folder, "replies", crawl, name), 900_000);
  expect(replies.find(url)).toBeUndefined();
});
