import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findBrowser } from "../../../src/web/render/find-browser.ts";
import { temporaryFolder } from "../../support/config.ts";

/** A home folder with these files in it. */
function homeWith(...programs: string[]): string {
  const home = temporaryFolder();
  for (const program of programs) {
    const path = join(home, program);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "#!/bin/sh\n");
    chmodSync(path, 0o755);
  }
  return home;
}

// where a Mac keeps its programs there is nothing on another system, and nothing of a home folder that is made here
describe.skipIf(process.platform === "darwin")("a browser", () => {
  const chrome = "Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  const cached = (build: string) => `Library/Caches/ms-playwright/${build}/chrome-mac/headless_shell`;

  test("that is installed goes before one that Playwright has fetched", () => {
    const home = homeWith(cached("chromium_headless_shell-1200"), chrome);
    expect(findBrowser("darwin", home)).toBe(join(home, chrome));
  });

  test("that Playwright has fetched is found, the latest of several", () => {
    const [old, latest] = ["chromium_headless_shell-999", "chromium_headless_shell-1200"].map(cached);
    const home = homeWith(old ?? "", latest ?? "", cached("firefox-2000"));
    expect(findBrowser("darwin", home)).toBe(join(home, latest ?? ""));
  });

  test("that cannot be run is none", () => {
    const home = homeWith(chrome);
    chmodSync(join(home, chrome), 0o644);
    expect(findBrowser("darwin", home)).toBeUndefined();
    expect(findBrowser("darwin", homeWith())).toBeUndefined();
  });
});
