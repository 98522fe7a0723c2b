import { ToolError } from "../../errors.ts";
import type { Way } from "../connect.ts";
import { openGate, type Gate } from "../politeness.ts";
import type { OpenBrowser } from "./browser.ts";
import type { BrowserChoice } from "./find-browser.ts";
import type { RenderedPage, RunnablePage } from "./render-page.ts";
import { currentTaping } from "../../taping.ts";

/** Runs the pages of one run that need it, in a browser that starts with the first of them. */
export interface Rendering {
  /**
   * The page, or why there is none, and how long it ran.
   *
   * @throws ToolError `unavailable` where no browser can be used, `rate_limited`; the signal's reason
   */
  render(request: RenderRequest): Promise<Rendered>;
  /** Stop the browser. */
  close(): Promise<void>;
}

export type Rendered = { elapsedMs: number } & (({ ok: true } & RenderedPage) | { ok: false; error: ToolError });

export interface RenderRequest {
  page: RunnablePage;
  timeoutMs: number;
  admit: (url: URL) => Promise<void>;
}

export interface RenderingOptions {
  choice: BrowserChoice;
  way: Way;
  gate: Gate;
  userAgent: string;
  signal: AbortSignal;
}

/** Each takes a process of about 100 MB. */
const maxAtOnce = 3;
const maxLoadedBytes = 50_000_000;
const maxPageChars = 10_000_000;
/** A page that was let in waits for none of those before it. */
const beforeAllPages = -1;

type Start = { ok: true; opened: OpenBrowser } | { ok: false; error: ToolError };

export function openRendering({ choice, way, gate, userAgent, signal }: RenderingOptions): Rendering {
  const slots = openGate({ total: maxAtOnce, perHost: maxAtOnce, signal, mayStart: () => true });
  let starting: Promise<Start> | undefined;

  /** One that could not start would not start for the next page; one that has died since is replaced. */
  async function started(): Promise<OpenBrowser> {
    const start = await (starting ??= startBrowser(choice));
    if (!start.ok) throw start.error;
    if (start.opened.browser.isConnected()) return start.opened;
    await start.opened.close();
    starting = undefined;
    return started();
  }

  return {
    async render(request) {
      const taping = currentTaping();
      if (taping === undefined) return render(request);
      return (await import("./taped-render.ts")).tapedRender(request.page, taping, () => render(request));
    },
    async close() {
      const start = await starting;
      if (start?.ok === true) await start.opened.close();
    },
  };

  async function render({ page, timeoutMs, admit }: RenderRequest): Promise<Rendered> {
    const { host } = page.url;
    const slot = await slots.enter({ host, order: 0, patienceMs: Infinity });
    let leave = () => {};
    try {
      const opened = await started();
      ({ leave } = await gate.enter({ host, order: beforeAllPages, patienceMs: timeoutMs }));
      const startedAt = performance.now();
      const { renderPage } = await import("./render-page.ts");
      const settings = { way, userAgent, timeoutMs, maxLoadedBytes, maxPageChars, admit, signal };
      const rendered = await renderPage(opened, page, settings).then(
        (ran) => ({ ok: true as const, ...ran }),
        (thrown: unknown) => {
          signal.throwIfAborted();
          if (thrown instanceof ToolError) return { ok: false as const, error: thrown };
          throw thrown;
        },
      );
      return { ...rendered, elapsedMs: Math.round(performance.now() - startedAt) };
    } finally {
      leave();
      slot.leave();
    }
  }
}

async function startBrowser(choice: BrowserChoice): Promise<Start> {
  const { openBrowser } = await import("./browser.ts");
  try {
    return { ok: true, opened: await openBrowser(choice) };
  } catch (error) {
    if (error instanceof ToolError) return { ok: false, error };
    throw error;
  }
}
