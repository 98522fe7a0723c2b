import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Which browser runs pages, and in what environment. */
export interface BrowserChoice {
  /** Default: one that is installed. */
  path?: string | undefined;
  /** What the process gets to see of ours. */
  environment: Readonly<Record<string, string>>;
}

/** The browser to run pages with: Chrome, Chromium or Edge where they are installed, else what Playwright has fetched. */
export function findBrowser(
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string | undefined {
  return [...installed(platform, home), ...fetchedByPlaywright(platform, home)].find(isProgram);
}

function installed(platform: NodeJS.Platform, home: string): string[] {
  if (platform === "darwin") {
    const names = ["Google Chrome", "Chromium", "Microsoft Edge"];
    const folders = ["/Applications", join(home, "Applications")];
    return names.flatMap((name) => folders.map((folder) => join(folder, `${name}.app/Contents/MacOS/${name}`)));
  }
  if (platform === "win32") {
    const programs = ["Google\\Chrome\\Application\\chrome.exe", "Chromium\\Application\\chrome.exe"];
    const folders = ["C:\\Program Files", "C:\\Program Files (x86)", join(home, "AppData\\Local")];
    const all = [...programs, "Microsoft\\Edge\\Application\\msedge.exe"];
    return all.flatMap((program) => folders.map((folder) => join(folder, program)));
  }
  const names = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "microsoft-edge-stable"];
  const folders = ["/usr/bin", "/usr/local/bin", "/run/current-system/sw/bin"];
  const packaged = ["/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge", "/snap/bin/chromium"];
  return [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...packaged];
}

/** Where `playwright install` puts browsers, the latest first. */
function fetchedByPlaywright(platform: NodeJS.Platform, home: string): string[] {
  const caches: Partial<Record<NodeJS.Platform, string>> = { darwin: "Library/Caches", win32: "AppData\\Local" };
  const folder = join(home, caches[platform] ?? ".cache", "ms-playwright");
  const build = (name: string) => Number(/^chromium(?:_headless_shell)?-(\d+)$/.exec(name)?.[1] ?? -1);
  const builds = listed(folder).filter((name) => build(name) >= 0);
  const latest = builds.toSorted((a, b) => build(b) - build(a) || a.length - b.length);
  return latest.flatMap((name) => {
    return listed(join(folder, name)).flatMap((system) => programs.map((path) => join(folder, name, system, path)));
  });
}

const programs = [
  "chrome",
  "headless_shell",
  "chrome-headless-shell",
  "chrome.exe",
  "headless_shell.exe",
  "chrome-headless-shell.exe",
  "Chromium.app/Contents/MacOS/Chromium",
  "Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
];

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is no such folder on most machines
  }
}

/** Whether a file is there and may be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
