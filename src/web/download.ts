import { downloadHeaders, type DownloadHeaders, type Downloader, type DownloadRequest } from "../download.ts";
import { ToolError } from "../errors.ts";
import type { OpenReply } from "./exchange.ts";
import { openFetcher } from "./fetch.ts";
import { acceptedEncodings, receiveFile } from "./file-body.ts";
import { openGuard } from "./guard.ts";
import { openGate } from "./politeness.ts";
import { noProxies, openProxies, type ProxySettings } from "./proxies.ts";

/** Fetches from the public internet and from hosts that the user has allowed. Whoever opens one closes it. */
export interface WebDownloader extends Downloader {
  /** Stop what runs. */
  close(): void;
}

const maxPauseMs = 20_000;

export interface DownloaderOptions {
  /** `HOST|CIDR[:PORT]`: what may be fetched although it is not public. */
  allowPrivate: readonly string[];
  /** The product and its version: `axoner/1.2.3`. */
  userAgent: string;
  /** Default: none. */
  proxies?: ProxySettings;
  /** How long a server may send nothing. Default 30 s. */
  stallMs?: number;
  /** For one file with its retries and redirects. Default 30 minutes. */
  deadlineMs?: number;
}

/**
 * Opening reads the options only; the HTTP client starts with the first file.
 *
 * @throws ConfigError for an entry of `allowPrivate` that cannot be read
 */
export function openDownloader(options: DownloaderOptions): WebDownloader {
  const { allowPrivate, userAgent, stallMs = 30_000, deadlineMs = 1_800_000 } = options;
  const guard = openGuard(allowPrivate);
  const proxies = openProxies(options.proxies ?? noProxies);
  const closing = new AbortController();
  return {
    async download(request) {
      const stop = new AbortController();
      const signal = AbortSignal.any([request.signal, closing.signal, stop.signal]);
      const gate = openGate({ total: 1, perHost: 1, signal, mayStart: () => true });
      const fetcher = await openFetcher({ guard, proxies, gate, userAgent, signal, stallMs });
      try {
        const fetched = await fetcher.get({
          url: request.url,
          order: 0,
          timeoutMs: deadlineMs,
          maxPauseMs,
          whenLate: `the file was not complete after ${deadlineMs / 1_000} s; download it into a root, then name the file`,
          whenLimited: "try again later",
          // One file that was asked for by its address is no crawl: robots.txt does not speak of it.
          admit: async () => {},
          headersFor: (url) => headersFor(url, request),
          receive: (reply) => receive(reply, request),
        });
        if (!fetched.ok) throw fetched.error;
        return { ...fetched.body, finalUrl: fetched.finalUrl };
      } finally {
        stop.abort(new Error("the download is over"));
        await fetcher.close();
      }
    },
    check: (url) => guard.checkUrl(new URL(url)),
    close: () => closing.abort(new ToolError("cancelled", "the downloader was closed")),
  };
}

/** A condition is about one resource: an address that redirects somewhere else now is asked without. */
function headersFor(url: URL, { known }: DownloadRequest): Record<string, string> {
  const headers: Record<string, string> = { accept: "*/*", "accept-encoding": acceptedEncodings };
  if (known?.finalUrl !== url.href) return headers;
  if (known.etag !== "") headers["if-none-match"] = known.etag;
  else if (known.lastModified !== "") headers["if-modified-since"] = known.lastModified;
  return headers;
}

type Received =
  | { kind: "unchanged"; headers: DownloadHeaders }
  | { kind: "file"; headers: DownloadHeaders; sizeBytes: number; sha256: string };

async function receive(reply: OpenReply, request: DownloadRequest): Promise<Received> {
  const headers = Object.fromEntries(downloadHeaders.map((name) => [name, reply.header(name)])) as DownloadHeaders;
  if (reply.status === 304) {
    await reply.body.dump();
    return { kind: "unchanged", headers };
  }
  if (reply.status !== 200) {
    throw new ToolError("http_error", `${reply.url.host}: the server answered ${reply.status}, which is no whole file`);
  }
  const check = (head: Uint8Array) => refusePage(head, headers["content-type"], reply.url);
  const { target, maxBytes, whenLarge, onBytes } = request;
  const body = await receiveFile(reply, { target, maxBytes, whenLarge, onBytes, check });
  return { kind: "file", headers, ...body };
}

/** Where a file was, there is a page to log in, or one that says that there is nothing, and the status says 200. */
function refusePage(head: Uint8Array, contentType: string, url: URL): void {
  const start = new TextDecoder("latin1").decode(head).replace(/^(\xEF\xBB\xBF|\s|<!--[^]*?-->|<\?xml[^]*?\?>)+/, "");
  const isPage = /^<(!doctype\s+html|html|head|body|script)\b/i.test(start);
  const isCalledPage = start.startsWith("<") && /^(text\/html|application\/xhtml)/i.test(contentType);
  if (!isPage && !isCalledPage) return;
  throw new ToolError(
    "unreadable",
    `${url.host}: the server answered 200 with an HTML page where a data file was expected, perhaps to log in; ` +
      "use scrape to read the page, or name the address of the file itself",
  );
}
