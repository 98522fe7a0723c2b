import type { FreshnessHeaders } from "./freshness.ts";

/** Fetches files from the web. `runtime.ts` hands in the one that keeps to the guard. */
export interface Downloader {
  /**
   * Fetch a file whole, or find that it has not changed. Where this fails, the caller removes what `target` holds.
   *
   * @throws ToolError; the signal's reason within a second of its abort
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

export interface DownloadHeaders extends FreshnessHeaders {
  "content-type": string;
  etag: string;
  "last-modified": string;
}
