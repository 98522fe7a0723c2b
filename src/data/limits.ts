import { totalmem } from "node:os";
import { ToolError } from "../errors.ts";
import { roomOnDisk } from "./disk-room.ts";

/** How much one statement may write, in MB. */
export const defaultDiskMb = 40 * 1_024;

/** What one statement may take of memory, in MB: 1 GB, or a quarter of the memory where that is less. */
export function defaultMemoryMb(): number {
  return Math.min(1_024, Math.floor(totalmem() / 4 / 1024 ** 2));
}

/** What a statement writes before anybody asks whether the disk has room for it. */
export const unnoticedBytes = 64 * 1024 ** 2;

export interface Written {
  sizeBytes: number;
  limitBytes: number;
  /** On the disk that is written to. */
  folder: string;
}

/** Why a statement may not write on: the limit is reached, or the disk has no room. */
export async function diskExcess({ sizeBytes, limitBytes, folder }: Written): Promise<ToolError | undefined> {
  if (sizeBytes > limitBytes)
    return new ToolError(
      "too_large",
      `the statement writes more than ${inMb(limitBytes)} MB to disk, its limit; filter or aggregate earlier, or select fewer columns`,
    );
  if (sizeBytes < unnoticedBytes) return undefined;
  if ((await roomOnDisk(folder)) >= 0) return undefined;
  return new ToolError(
    "too_large",
    `the statement has written ${inMb(sizeBytes)} MB and would fill the disk; free some space, or filter or aggregate earlier`,
  );
}

export function inMb(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
