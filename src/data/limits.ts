import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { ToolError } from "../errors.ts";

/** How much one statement may write, in MB. */
export const defaultDiskMb = 20 * 1_024;

/** What one statement may take of memory, in MB: 1 GB, or a quarter of the memory where that is less. */
export function defaultMemoryMb(): number {
  return Math.min(1_024, Math.floor(totalmem() / 4 / 1024 ** 2));
}

/** What a statement writes before anybody asks whether the disk has room for it. */
export const unnoticedBytes = 64 * 1024 ** 2;
const spareBytes = 1024 ** 3;
const spareShare = 0.05;

export interface Written {
  sizeBytes: number;
  limitBytes: number;
  /** On the disk that is written to. */
  folder: string;
}

/** Why a statement may not write on. A disk is full for it when 1 GB is left, or 5 % of a small one. */
export async function diskExcess({ sizeBytes, limitBytes, folder }: Written): Promise<ToolError | undefined> {
  if (sizeBytes > limitBytes)
    return new ToolError(
      "too_large",
      `the statement writes more than ${inMb(limitBytes)} MB; filter or aggregate earlier, or select fewer columns`,
    );
  if (sizeBytes < unnoticedBytes) return undefined;
  const { bavail, blocks, bsize } = await statfs(folder);
  if (bavail * bsize >= Math.min(spareBytes, spareShare * blocks * bsize)) return undefined;
  return new ToolError(
    "too_large",
    `the statement has written ${inMb(sizeBytes)} MB and would fill the disk; free some space, or filter or aggregate earlier`,
  );
}

export function inMb(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
