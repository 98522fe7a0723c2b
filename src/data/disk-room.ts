import { statfs } from "node:fs/promises";

const spareBytes = 1024 ** 3;
const spareShare = 0.05;

/**
 * How much may still be written to the disk of a folder, in bytes: what is free less 1 GB, or less 5 % of a small
 * disk. Negative where the disk is fuller than that.
 */
export async function roomOnDisk(folder: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return bavail * bsize - Math.min(spareBytes, spareShare * blocks * bsize);
}
