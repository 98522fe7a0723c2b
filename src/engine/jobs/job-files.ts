import { constants } from "node:fs";
import { lstat, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeCrypto } from "../../data/node-crypto.ts";
import { isLeft, newOwnName, openWorkspace, writeFailure } from "../../data/workspace.ts";
import { systemErrorCode } from "../../errors.ts";
import { isJsonObject } from "../../message.ts";
import type { Progress, ToolResult } from "../../tools/tool.ts";
import { isProgress, isToolResult } from "../frames.ts";

/** A job as it lies in the workspace: one file, which is replaced whole. */
export interface Job {
  id: string;
  tool: string;
  /** The process that works on it, in words of the workspace's. */
  owner: string;
  /** When its owner last said that it lives. */
  seenAt: number;
  progress: Progress;
  /** Once it has ended. */
  result?: ToolResult;
  /** Its owner ended it before it was done, as it was told to or had to end itself. */
  interrupted?: string;
}

/** The jobs of a workspace, those of other processes too. */
export interface JobFiles {
  /** A new one, of this process. Makes room for it first. */
  begin(tool: string, progress: Progress): Promise<Job>;
  write(job: Job): Promise<void>;
  /** Undefined for what is no job's id, and for a job that is forgotten. */
  read(id: string): Promise<Job | undefined>;
  /** Ask whoever works on it to stop. */
  requestCancel(id: string): Promise<void>;
  isCancelRequested(id: string): Promise<boolean>;
  /** Why nobody works any more on a job that has no result; undefined where somebody does. */
  whyLeft(job: Job): Promise<string | undefined>;
}

/** How long a job that has ended can be read. */
export const keptMs = 3_600_000;
/** As many jobs are kept of a workspace, those first that ended last. */
const maxKept = 200;
const maxKeptBytes = 200_000_000;
const maxJobBytes = 32_000_000;
/** An owner says more often that it lives. */
const silentMs = 60_000;

const idPattern = /^job_[0-9a-f]{32}$/;

export function openJobFiles(workspacePath: string): JobFiles {
  const workspace = openWorkspace(workspacePath);
  const pathOf = (id: string, extension = "json") => join(workspacePath, "jobs", `${id}.${extension}`);

  const write = async (job: Job) => {
    const path = pathOf(job.id);
    const draft = join(await workspace.folder("jobs"), newOwnName());
    try {
      await writeFile(draft, JSON.stringify(job), { mode: 0o600, flag: "wx" });
      await rename(draft, path);
    } catch (thrown) {
      await rm(draft, { force: true });
      throw writeFailure(thrown, "a job");
    }
  };

  return {
    async begin(tool, progress) {
      await makeRoom(await workspace.folder("jobs"));
      const id = `job_${nodeCrypto().randomBytes(16).toString("hex")}`;
      const job: Job = { id, tool, owner: newOwnName(), seenAt: Date.now(), progress };
      await write(job);
      return job;
    },
    write,
    async read(id) {
      return idPattern.test(id) ? await readJob(pathOf(id)) : undefined;
    },
    async requestCancel(id) {
      await workspace.folder("jobs"); // which is no link, and where nothing is written over
      await writeFile(pathOf(id, "cancel"), "", { mode: 0o600, flag: "wx" }).catch((thrown: unknown) => {
        if (systemErrorCode(thrown) !== "EEXIST") throw writeFailure(thrown, "that a job is to be cancelled");
      });
    },
    async isCancelRequested(id) {
      return (await look(pathOf(id, "cancel"))) !== undefined;
    },
    async whyLeft(job) {
      if (job.result !== undefined) return undefined;
      if (job.interrupted !== undefined) return job.interrupted;
      const isGone = (await isLeft(pathOf(job.id), job.owner)) || Date.now() - job.seenAt > silentMs;
      return isGone ? `${job.tool} was interrupted: the process that worked on it has ended` : undefined;
    },
  };
}

async function readJob(path: string): Promise<Job | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat();
      return size > maxJobBytes ? undefined : parseJob(await file.readFile("utf8"));
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(systemErrorCode(thrown) ?? "")) return undefined;
    throw thrown;
  }
}

/** What the file holds where it is one of ours; its folder came with the project, perhaps. */
function parseJob(text: string): Job | undefined {
  let job: unknown;
  try {
    job = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(job)) return undefined;
  const { id, tool, owner, seenAt, progress, result, interrupted } = job;
  if (typeof id !== "string" || typeof tool !== "string" || typeof owner !== "string") return undefined;
  if (typeof seenAt !== "number" || !isProgress(progress)) return undefined;
  return {
    id,
    tool,
    owner,
    seenAt,
    progress,
    ...(isToolResult(result) && { result }),
    ...(typeof interrupted === "string" && { interrupted }),
  };
}

interface Kept {
  path: string;
  size: number;
  mtimeMs: number;
}

/** Forget jobs that ended long ago, and the oldest of too many. One that is worked on is written every few seconds. */
async function makeRoom(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^(?:job_[0-9a-f]{32}\.|\d+-)/.test(name));
  const found = await Promise.all(names.map((name) => look(join(folder, name))));
  const newestFirst = found.flatMap((file) => file ?? []).toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const [index, { path, size, mtimeMs }] of newestFirst.entries()) {
    bytes += size;
    const age = Date.now() - mtimeMs;
    const isOver = (index >= maxKept || bytes > maxKeptBytes) && age > silentMs;
    if (age > keptMs || isOver) await rm(path, { force: true });
  }
}

async function look(path: string): Promise<Kept | undefined> {
  try {
    const { size, mtimeMs } = await lstat(path);
    return { path, size, mtimeMs };
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
