import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { vi } from "vitest";
import type { DataFolder } from "./data-folder.ts";

/** Longer than the steps in which times of files move: what was written just now is not trusted to be unchanged. */
export const settledMs = 60;

export async function writeSettledIn(folder: DataFolder, name: string, content: string | Uint8Array): Promise<string> {
  const path = await folder.write(name, content);
  await delay(settledMs);
  return path;
}

/** The files of the workspace's cache that end so. */
export async function cachedIn({ workspace }: DataFolder, extension: string): Promise<string[]> {
  const cache = join(workspace, "cache");
  const names = await readdir(cache).catch(() => []);
  return names.filter((name) => name.endsWith(extension)).map((name) => join(cache, name));
}

export async function temporaryIn({ workspace }: DataFolder): Promise<string[]> {
  return await readdir(join(workspace, "tmp")).catch(() => []);
}

/** Wait for so many copies; gives their sidecars. */
export async function untilKeptIn(folder: DataFolder, count = 1): Promise<string[]> {
  return await vi.waitUntil(
    async () => {
      const found = await cachedIn(folder, ".json");
      return found.length >= count ? found : undefined;
    },
    { timeout: 15_000, interval: 10 },
  );
}
