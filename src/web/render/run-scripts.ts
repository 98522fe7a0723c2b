import { ToolError } from "../../errors.ts";
import type { Pages, TaskOf } from "../pages.ts";
import type { PageAnswer } from "../page-task.ts";
import type { Rendering } from "./rendering.ts";

type Read = PageAnswer & { ok: true };

export interface ScriptedPage {
  rendering: Rendering;
  pages: Pages;
  /** What the page was read for. */
  task: Omit<TaskOf<"page">, "bytes">;
  /** As it was read without its scripts, … */
  read: Read;
  /** … and the text of it. */
  html: string;
  cookies: string;
  timeoutMs: number;
  admit: (url: URL) => Promise<void>;
  signal: AbortSignal;
}

export interface RanPage {
  read: Read;
  finalUrl: string;
  elapsedMs: number;
  /** Why its scripts could not be run; then it is read as it was fetched. */
  error: ToolError | undefined;
}

/** Run a page that its scripts build and read what it becomes. Throws only the signal's reason. */
export async function runScripts(scripted: ScriptedPage): Promise<RanPage> {
  const { rendering, pages, task, read, html, cookies, timeoutMs, admit, signal } = scripted;
  const url = new URL(task.address);
  let elapsedMs = 0;
  try {
    const ran = await rendering.render({ page: { url, html, cookies }, timeoutMs, admit });
    elapsedMs = ran.elapsedMs;
    if (!ran.ok) throw ran.error;
    const { finalUrl } = ran;
    const bytes = new TextEncoder().encode(ran.html);
    const body = { address: finalUrl, contentType: "text/html; charset=utf-8", contentEncoding: "", bytes };
    const answer = await pages.read({ ...task, ...body, maxBytes: 4 * bytes.byteLength, detectScripts: false }, signal);
    if (answer.ok) return { read: answer, finalUrl, elapsedMs, error: undefined };
    throw new ToolError(answer.code, `${url.host}: ${answer.message}`);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof ToolError)) throw thrown;
    const message = `${thrown.message.startsWith(url.host) ? "" : `${url.host}: the page needs its scripts; `}${thrown.message}`;
    const error = new ToolError(thrown.code, `${message}; content is what it says without them`, { cause: thrown });
    return { read, finalUrl: task.address, elapsedMs, error };
  }
}
