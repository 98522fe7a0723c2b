import type { ErrorCode } from "../../errors.ts";
import type { JsonValue } from "../../message.ts";

/** Every search service, in the order in which one is chosen where several are configured. */
export const backendNames = ["google", "brave", "tavily", "searxng"] as const;
export type BackendName = (typeof backendNames)[number];

/** A search service, and what makes it usable. A new one is a file of its own and a line in `choose.ts`. */
export interface BackendKind {
  name: BackendName;
  /** As a person knows it, for messages. */
  title: string;
  /** All of them must be set, in the environment or under `keys` in the configuration file. */
  variables: readonly string[];
  /**
   * @param values of the variables, by their names
   * @param endpoint where it is asked instead of at its own address; for tests
   * @throws ToolError `unavailable` that names the variable whose value cannot be used
   */
  open(values: Readonly<Record<string, string>>, endpoint?: string): SearchBackend;
}

/** What is to be known of a service to ask it. It makes no request itself: `ask.ts` does, the same way for all. */
export interface SearchBackend {
  endpoint: URL;
  /** Whether the user has named the host, so that it may be one that is not public. */
  isOwnHost: boolean;
  /** What must appear nowhere. */
  secrets: readonly string[];
  /** The requests that it takes to get so many hits, in their order; the last ones may turn out not to be needed. */
  requests(query: string, count: number): SearchRequest[];
  /** @throws ZodError for what is no reply of this service */
  read(reply: JsonValue): SearchPage;
  /** What a reply that is an error means; undefined where its status says it all. */
  explain(refusal: BackendRefusal): Explanation | undefined;
}

export interface SearchRequest {
  url: URL;
  /** Names in lower case. They are sent to the origin of the endpoint only. */
  headers: Readonly<Record<string, string>>;
  /** Sent by POST; undefined makes a GET. */
  body: string | undefined;
}

export interface SearchPage {
  hits: FoundHit[];
  /** The service has said that there are no more. */
  isLast: boolean;
  /** What whoever reads the hits should know. */
  note?: string;
}

/** A hit as the service gave it. */
export interface FoundHit {
  title: string;
  url: string;
  snippet: string;
  /** Whether title and snippet are HTML; plain text may be marked up with a few tags all the same. */
  isHtml: boolean;
}

export interface BackendRefusal {
  status: number;
  /** The header's value, empty where there is none. */
  header: (name: string) => string;
  /** Undefined where it is no JSON. */
  body: JsonValue | undefined;
  /** `Retry-After`, 0 without one; undefined for a status that asking again does not help. */
  afterMs: number | undefined;
}

export interface Explanation {
  code: ErrorCode;
  /** What is wrong and what to do, as a sentence goes on after the service's name and a colon. */
  message: string;
  /** When to ask again; undefined means that it does not help. */
  afterMs: number | undefined;
}
