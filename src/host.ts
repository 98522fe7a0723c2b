/**
 * What portable code (agent, providers, page and expression code) may ask of the machine it runs on.
 * `node-host.ts` is the implementation for Node; a native edition brings its own.
 */
export interface Host {
  /** As the web standard's `fetch`; the response body streams, and a redirect is returned instead of followed. */
  fetch: (url: string, init: HostRequest) => Promise<HostResponse>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** A random identifier, 128 bits as lower-case hex. */
  randomId(): string;
  /** The text of a file that the user's own configuration names; rejects with the system's error. */
  readText(path: string): Promise<string>;
}

export interface HostRequest {
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/** What is used of a `Response` of the web standard, which is one of these. */
export interface HostResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): BodyReader } | null;
}

export interface BodyReader {
  read(): Promise<{ done: false; value: Uint8Array } | { done: true; value?: Uint8Array | undefined }>;
  /** Nothing more is wanted. Closes the connection where something was still to come. */
  cancel(): Promise<void>;
}
