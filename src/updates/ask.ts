import { thisMachine } from "../config.ts";
import { readProxies } from "../config/proxies.ts";
import { readRegistry, updateStatePath } from "../config/updates.ts";
import type { HostResponse } from "../host.ts";
import { isJsonObject } from "../message.ts";
import { openNodeHost } from "../runtime/node-host.ts";
import { readUpdateState, readVersion, writeUpdateState } from "./state.ts";

const deadlineMs = 10_000;
const maxReplyBytes = 64_000;

/** Ask the registry for the newest version and keep what it says, for the next command to tell. */
export async function askRegistry(): Promise<void> {
  const machine = thisMachine();
  const host = openNodeHost({ proxies: readProxies(machine.environment) });
  try {
    const url = new URL("-/package/axoner/dist-tags", readRegistry(machine.environment));
    const signal = AbortSignal.timeout(deadlineMs);
    const reply = await host.fetch(url.href, { method: "GET", headers: { accept: "application/json" }, signal });
    const latest = reply.ok ? readVersion(latestIn(await readText(reply))) : undefined;
    const path = updateStatePath(machine);
    await writeUpdateState(path, { ...(await readUpdateState(path)), askedAt: Date.now(), latest });
  } finally {
    await host.close();
  }
}

function latestIn(text: string): unknown {
  const tags: unknown = JSON.parse(text);
  return isJsonObject(tags) ? tags["latest"] : undefined;
}

async function readText({ body }: HostResponse): Promise<string> {
  const reader = body?.getReader();
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return Buffer.concat(pieces).toString("utf8");
    sizeBytes += value.length;
    if (sizeBytes > maxReplyBytes) throw new Error("the registry says more than was asked");
    pieces.push(value);
  }
}
