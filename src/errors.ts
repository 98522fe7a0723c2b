import type { Usage } from "./message.ts";

/**
 * Every error axoner throws on purpose.
 *
 *   AxonerError
 *   ├── ToolError             the call failed; `code` says what kind, the message says what to try
 *   ├── ConfigError           the command line, environment or configuration file is wrong: fix it, start again
 *   ├── ProviderError         a model provider refused or could not be reached; `retryable` says whether to try again
 *   └── SessionConflictError  another writer appended first: load the session again, then append
 *
 * Anything else that is thrown is a defect: it is logged with its stack and reported as `internal`.
 */
export class AxonerError extends Error {
  override name = "AxonerError";
}

export const errorCodes = [
  "invalid_input",
  "not_found",
  "not_allowed",
  "blocked_address",
  "robots_denied",
  "timeout",
  "too_large",
  "unreadable",
  "http_error",
  "rate_limited",
  "provider_error",
  "budget_exceeded",
  "conflict",
  "cancelled",
  "unavailable",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A tool call that failed for a reason its caller can act on. The message says what happened and what to try. */
export class ToolError extends AxonerError {
  override name = "ToolError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export class ConfigError extends AxonerError {
  override name = "ConfigError";
}

/** What kept a service from answering, where that changes what the caller can do. */
export type ProviderErrorKind = "key" | "model" | "context" | "quota" | "other";

export interface ProviderErrorOptions {
  /** Default `other`. */
  kind?: ProviderErrorKind;
  retryable: boolean;
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  usage?: Usage | undefined;
  cause?: unknown;
}

export class ProviderError extends AxonerError {
  override name = "ProviderError";
  readonly retryable: boolean;
  /** `context`: the conversation is too long for the model. */
  readonly kind: ProviderErrorKind;
  /** HTTP status of the refusal; undefined where no reply came. */
  readonly status: number | undefined;
  /** How long the provider asked to be left alone; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  /** What was spent all the same, as far as the service told before it broke off; of the last attempt. */
  readonly usage: Usage | undefined;

  constructor(message: string, options: ProviderErrorOptions) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.kind = options.kind ?? "other";
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.usage = options.usage;
  }

  /** The same, with what was spent. */
  spending(usage: Usage | undefined): ProviderError {
    if (usage === this.usage) return this;
    const { message, kind, retryable, status, retryAfterMs, cause } = this;
    return new ProviderError(message, { kind, retryable, status, retryAfterMs, usage, cause });
  }
}

export class SessionConflictError extends AxonerError {
  override name = "SessionConflictError";
}

/** What kind of error it is to whoever called a tool. */
export function errorCodeOf(thrown: AxonerError): ErrorCode {
  if (thrown instanceof ToolError) return thrown.code;
  if (thrown instanceof ProviderError) return "provider_error";
  return thrown instanceof SessionConflictError ? "conflict" : "unavailable";
}

/** The text of anything thrown. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error such as `ENOENT`; undefined for anything else. */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
