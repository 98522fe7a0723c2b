import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserType } from "playwright-core";
import { errorMessage, systemErrorCode, ToolError } from "../../errors.ts";
import { log } from "../../log.ts";
import { cutText } from "../../text/text.ts";
import { findBrowser, isProgram, type BrowserChoice } from "./find-browser.ts";

/** A browser process of our own, without a window, that reaches nothing but through the proxies of its pages. */
export interface OpenBrowser {
  browser: Browser;
  userAgent: string;
  /** Kill it with all its processes and delete what it wrote. */
  close(): Promise<void>;
}

const startLimitMs = 60_000;

/**
 * Only the proxies of pages are reached: names are not looked up here, loopback is not exempt, and what speaks UDP
 * instead (QUIC, WebRTC) is off.
 */
const switches = [
  "--disable-quic",
  "--dns-prefetch-disable",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--no-pings",
  "--disable-domain-reliability",
  "--disable-gpu",
  "--mute-audio",
  "--js-flags=--max-old-space-size=512",
];

/** Nothing listens there: what a browser asks for by itself, outside of pages, ends here. */
const nowhere = "http://127.0.0.1:9";

/** @throws ToolError `unavailable` where there is no browser, or it does not start */
export async function openBrowser({ path, environment }: BrowserChoice): Promise<OpenBrowser> {
  const executablePath = programOf(path);
  const { chromium } = await loadPlaywright();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) log.warn("the browser runs without its sandbox, because axoner runs as root; run it as another user");
  const folder = await mkdtemp(join(tmpdir(), "axoner-browser-"));
  const private_ = { HOME: folder, TMPDIR: folder, TMP: folder, TEMP: folder, XDG_CONFIG_HOME: folder };
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath,
      args: switches,
      chromiumSandbox: !isRoot,
      proxy: { server: nowhere, bypass: "<-loopback>" },
      env: { ...environment, ...private_, XDG_CACHE_HOME: folder },
      timeout: startLimitMs,
      // who stops this process stops its browsers too
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    return await describeBrowser(browser, folder);
  } catch (thrown) {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
    throw doesNotStart(executablePath, thrown);
  }
}

async function describeBrowser(browser: Browser, folder: string): Promise<OpenBrowser> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const { userAgent } = await session.send("Browser.getVersion");
  const pid = processInfo.find(({ type }) => type === "browser")?.id;
  const gone = new Promise((resolve) => browser.once("disconnected", resolve));
  return {
    browser,
    userAgent,
    async close() {
      if (browser.isConnected()) {
        if (pid !== undefined) killGroup(pid);
        await Promise.all([gone, browser.close()]);
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A browser that hangs is not asked to close. Playwright starts it as the leader of a group where there are groups. */
function killGroup(pid: number): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ESRCH") throw thrown;
  }
}

function programOf(path: string | undefined): string {
  const program = path ?? findBrowser();
  if (program === undefined)
    throw new ToolError(
      "unavailable",
      "no browser was found: install Google Chrome, Chromium or Edge, or name one with --browser FILE",
    );
  if (isProgram(program)) return program;
  throw new ToolError("unavailable", `--browser ${program} is no program; name a Chromium, Chrome or Edge`);
}

async function loadPlaywright(): Promise<{ chromium: BrowserType }> {
  try {
    return await import("playwright-core");
  } catch (thrown) {
    const isMissing = systemErrorCode(thrown) === "ERR_MODULE_NOT_FOUND";
    if (!isMissing) throw thrown;
    throw new ToolError(
      "unavailable",
      "the package playwright-core is not installed; run: npm install playwright-core",
      {
        cause: thrown,
      },
    );
  }
}

function doesNotStart(program: string, thrown: unknown): ToolError {
  const text = errorMessage(thrown);
  const advice = /sandbox/i.test(text)
    ? "its sandbox needs user namespaces, which this system does not allow"
    : cutText(text.replace(/\s+/g, " "), 200);
  return new ToolError("unavailable", `${program} does not start: ${advice}`, { cause: thrown });
}
