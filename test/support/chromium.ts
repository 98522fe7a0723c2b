import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Chromium for tests, unpacked where nobody else can have put one. */
export interface TestChromium {
  path: string;
  remove(): Promise<void>;
}

/** The package has Linux on x64 alone. */
export const hasChromium = process.platform === "linux" && process.arch === "x64";

export async function unpackChromium(): Promise<TestChromium> {
  const folder = await mkdtemp(join(tmpdir(), "axoner-chromium-"));
  const before = process.env["TMPDIR"];
  // it unpacks to a fixed name in the temporary folder, and takes what it finds there
  process.env["TMPDIR"] = folder;
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    chromium.setGraphicsMode = false;
    return { path: await chromium.executablePath(), remove: () => rm(folder, { recursive: true, force: true }) };
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
