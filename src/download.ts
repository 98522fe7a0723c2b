/** Fetches data files, each to a file of its own. `src/web` has the one that keeps to the guard, `src/data` asks it. */
export interface Downloader {
  /**
   * Fetch a file whole, or find that it has not changed. Where this fails, the caller removes what `target` holds.
   *
   * @throws ToolError `blocked_address`, `http_error`, `rate_limited`, `not_found`, `timeout`, `too_large`,
   * `unreadable` (a web page in place of a file), `unavailable`; the signal's reason within a second of its abort
   */
  download(request: DownloadRequest): Promise<Downloaded>;
  /** @throws ToolError `blocked_address` for an address that would not be asked, as far as it tells itself */
  check(url: string): void;
}

export interface DownloadRequest {
  /** Absolute, http or https. */
  url: string;
  /** Where the file is written. */
  target: string;
  /** What is known of an earlier copy, and at which address after redirects it was found. */
  known: { finalUrl: string; etag: string; lastModified: string } | undefined;
  maxBytes: number;
  /** What to say of a file that is larger. */
  whenLarge: string;
  signal: AbortSignal;
  /** Bytes over the wire so far, and of all where the server has said so. */
  onBytes: (received: number, total: number | undefined) => void;
}

export type Downloaded =
  | { kind: "unchanged"; finalUrl: string; headers: DownloadHeaders }
  | { kind: "file"; finalUrl: string; headers: DownloadHeaders; sizeBytes: number; sha256: string };

/** The headers that say what a file is and how long it may be kept. */
export const downloadHeaders = [
  "content-type",
  "etag",
  "last-modified",
  "cache-control",
  "expires",
  "age",
  "date",
  "vary",
] as const;

/** By name in lower case; those that are not there are empty. */
export type DownloadHeaders = Readonly<Record<(typeof downloadHeaders)[number], string>>;
