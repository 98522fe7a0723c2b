import type { BrowserContext, CDPSession, Page, Request, Route } from "playwright-core";
import { z } from "zod";
import { errorMessage, ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import type { Way } from "../connect.ts";
import type { OpenBrowser } from "./browser.ts";
import { openGuardProxy, type GuardProxy } from "./guard-proxy.ts";

/** A page that was fetched, to be run. */
export interface RunnablePage {
  url: URL;
  html: string;
  /** As in a `cookie` header. */
  cookies: string;
}

export interface RenderSettings {
  way: Way;
  /** The product and its version, told besides what the browser says. */
  userAgent: string;
  timeoutMs: number;
  /** Of all that the page loads. */
  maxLoadedBytes: number;
  /** Of the page as it is in the end. */
  maxPageChars: number;
  /** Asked before the page goes to another address; the `ToolError` it throws is the page's. */
  admit: (url: URL) => Promise<void>;
  signal: AbortSignal;
}

export interface RenderedPage {
  html: string;
  finalUrl: string;
}

/** How long a page that has loaded may go on asking for more. */
const maxSettleMs = 8_000;
const maxNavigations = 5;
/** What text does not need. */
const unwanted = new Set(["image", "media", "font", "texttrack", "manifest", "ping"]);

/**
 * Run a page in a context of its own and give what it has become. The page itself is not fetched again.
 *
 * @throws ToolError `timeout`, `too_large`, `unreadable`, or what `admit` says; the signal's reason
 */
export async function renderPage(
  { browser, userAgent }: OpenBrowser,
  page: RunnablePage,
  settings: RenderSettings,
): Promise<RenderedPage> {
  const { host } = page.url;
  const end = openEnd(host, settings);
  const onTooMuch = () => end.fail(new ToolError("too_large", `${host}: the page loads more than it may`));
  const { way, maxLoadedBytes: maxBytes } = settings;
  const proxy = await openGuardProxy({ way, signal: settings.signal, maxBytes, onTooMuch });
  let context: BrowserContext | undefined;
  try {
    context = await end.or(
      browser.newContext({
        proxy: { server: proxy.address, bypass: "<-loopback>" },
        userAgent: `${userAgent} ${settings.userAgent}`,
        serviceWorkers: "block",
        acceptDownloads: false,
        permissions: [],
      }),
    );
    return await end.or(run(context, page, { ...settings, proxy, fail: end.fail }));
  } catch (thrown) {
    throw end.cause(thrown);
  } finally {
    end.close();
    await proxy.close();
    // A context that does not go goes with the browser, when the run ends.
    await Promise.race([
      context?.close().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 2_000).unref()),
    ]);
  }
}

/** What ends a page before its time. */
function openEnd(host: string, { timeoutMs, signal }: RenderSettings) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // it may happen while nobody waits
  let failure: unknown;
  const fail = (reason: unknown) => {
    failure ??= reason;
    reject(reason);
  };
  const late = new ToolError(
    "timeout",
    `${host}: its scripts were not done within the time of the page; raise timeout_s`,
  );
  const timer = setTimeout(() => fail(late), Math.max(1, timeoutMs));
  const abort = () => fail(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return {
    fail,
    or: <Value>(value: Promise<Value>) => Promise.race([promise, value]),
    /** What a call that failed failed for. */
    cause(thrown: unknown): unknown {
      if (failure !== undefined) return failure;
      if (thrown instanceof ToolError) return thrown;
      const detail = cutText(errorMessage(thrown).replace(/\s+/g, " "), 200);
      return new ToolError("unreadable", `${host}: the browser could not run the page (${detail})`, { cause: thrown });
    },
    close() {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    },
  };
}

type Running = RenderSettings & { proxy: GuardProxy; fail: (reason: unknown) => void };

async function run(context: BrowserContext, { url, html, cookies }: RunnablePage, running: Running) {
  const { timeoutMs: timeout } = running;
  const endsAt = performance.now() + timeout;
  const page = await context.newPage();
  const { host } = url;
  page.on("crash", () => running.fail(new ToolError("too_large", `${host}: the page takes too much memory to run`)));
  // A window that a page opens is none that was asked for. Dialogs are dismissed where nobody listens to them.
  context.on("page", (other) => void other.close().catch(() => {}));
  await context.addCookies(parseCookies(cookies, url));
  const visits = openVisits(page, url, running);
  await page.route("**/*", (route) => visits.answer(route, html));
  page.on("request", (request) => visits.watch(request));
  page.on("requestfailed", (request) => visits.failed(request));
  page.on("response", (response) => visits.answered(response.request(), response.status()));
  const session = await context.newCDPSession(page);
  const denials = await watchDenials(session);
  await page.goto(url.href, { waitUntil: "commit", timeout });
  const settleMs = Math.min(maxSettleMs, (endsAt - performance.now()) * 0.8);
  // What keeps asking for more is taken as it is then.
  await page.waitForLoadState("networkidle", { timeout: Math.max(1, settleMs) }).catch(passTimeout);
  const { html: text, isEmpty } = await serialise(session, running.maxPageChars, host);
  const refusal = visits.refusal();
  if (refusal !== undefined) throw refusal;
  const finalUrl = page.url();
  const denied = /^https?:/.test(finalUrl) ? (isEmpty ? denials.first() : undefined) : finalUrl;
  if (denied === undefined) return { html: text, finalUrl };
  const shown = cutText(denied, 100);
  throw new ToolError("not_allowed", `${host}: the page goes on to what is no http or https address (${shown})`);
}

function passTimeout(thrown: unknown): void {
  if (!(thrown instanceof Error && thrown.name === "TimeoutError")) throw thrown;
}

/** The addresses that a page goes to, after the one that was fetched. */
function openVisits(page: Page, url: URL, { way, admit, fail, proxy }: Running) {
  let isFirst = true;
  let count = 0;
  let refused: ToolError | undefined;

  async function visit(address: URL): Promise<boolean> {
    try {
      count += 1;
      if (count > maxNavigations) throw new ToolError("http_error", `${url.host}: the page goes on and on to others`);
      way.guard.checkUrl(address);
      await admit(address);
      return true;
    } catch (thrown) {
      if (thrown instanceof ToolError) refused ??= thrown;
      else fail(thrown);
      return false;
    }
  }

  const isVisit = (request: Request) => request.isNavigationRequest() && isOf(request, page);
  return {
    refusal: () => refused,
    async answer(route: Route, html: string): Promise<void> {
      const request = route.request();
      const address = URL.parse(request.url());
      if (isVisit(request) && isFirst) {
        isFirst = false;
        return over(route.fulfill({ status: 200, contentType: "text/html; charset=utf-8", body: html }));
      }
      const isWanted = address !== null && /^https?:$/.test(address.protocol) && !unwanted.has(request.resourceType());
      if (!isWanted || (isVisit(request) && !(await visit(address)))) return over(route.abort("aborted"));
      return over(route.continue());
    },
    /** Redirects are followed by the browser, which asks only for the first address. */
    watch(request: Request): void {
      const address = URL.parse(request.url());
      if (request.redirectedFrom() === null || address === null || !isVisit(request)) return;
      void visit(address).then((isAdmitted) => (isAdmitted ? undefined : fail(refused)));
    },
    /** What a browser shows in place of a page is none. One that goes on to a download, or is stopped, stays. */
    failed(request: Request): void {
      const address = URL.parse(request.url());
      const text = request.failure()?.errorText ?? "";
      if (address === null || !isVisit(request) || text === "net::ERR_ABORTED") return;
      const failure = new ToolError("unavailable", `${address.host}: the browser could not open the page (${text})`);
      refused ??= proxy.failure(address.host) ?? failure;
    },
    answered(request: Request, status: number): void {
      if (!isVisit(request) || status < 400) return;
      refused ??= new ToolError("http_error", `${new URL(request.url()).host}: the server answered ${status}`);
    },
  };
}

/** The browser does not ask for a file or a data URL that a page goes to: it only logs that it does not go there. */
async function watchDenials(session: CDPSession) {
  let first: string | undefined;
  session.on("Log.entryAdded", ({ entry }) => {
    if (entry.source === "security" && /^not allowed to (?:load|navigate)/i.test(entry.text)) first ??= entry.text;
  });
  await session.send("Log.enable");
  return { first: () => first };
}

/** A request may be gone with its page by the time it is answered. */
async function over(answering: Promise<void>): Promise<void> {
  await answering.catch(() => {});
}

function isOf(request: Request, page: Page): boolean {
  try {
    return request.frame() === page.mainFrame();
  } catch {
    return true; // the frame of a page that is only beginning cannot be told yet
  }
}

function parseCookies(header: string, url: URL) {
  return header.split("; ").flatMap((pair) => {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    return name === "" ? [] : [{ name, value, url: url.href }];
  });
}

const serialised = z.object({ html: z.string(), isEmpty: z.boolean() });

/** Read in a world of its own, where the page's scripts have changed nothing, and no more of it than may be kept. */
async function serialise(session: CDPSession, maxChars: number, host: string) {
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
    worldName: "axoner",
  });
  const expression = `(() => {
    const html = document.documentElement?.outerHTML ?? "";
    const isEmpty = (document.body?.innerText ?? "").trim() === "";
    return html.length > ${maxChars} ? null : { html: "<!doctype html>" + html, isEmpty };
  })()`;
  const { result } = await session.send("Runtime.evaluate", { expression, contextId, returnByValue: true });
  const read = serialised.safeParse(result.value);
  if (read.success) return read.data;
  throw new ToolError("too_large", `${host}: the page comes to more than ${maxChars / 1_000_000} million characters`);
}
