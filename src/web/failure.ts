import { errorMessage, systemErrorCode, ToolError, type ErrorCode } from "../errors.ts";
import { cutText } from "../text/text.ts";

/** What went wrong with a request before a reply was complete, and whether asking again may help. */
export interface Failure {
  error: ToolError;
  retryable: boolean;
}

/**
 * `not_found`: the name does not exist. `timeout`: nobody answered. `http_error`: what answered does not speak HTTP.
 * `unavailable`: everything else that a later attempt may find repaired, TLS included.
 */
const known: Record<string, { code: ErrorCode; retryable: boolean; text: string }> = {
  ENOTFOUND: { code: "not_found", retryable: false, text: "the host name does not exist; check the address" },
  EAI_AGAIN: { code: "unavailable", retryable: true, text: "the host name could not be looked up; check the network" },
  ECONNREFUSED: { code: "unavailable", retryable: true, text: "the host refuses connections on this port" },
  ECONNRESET: { code: "unavailable", retryable: true, text: "the server closed the connection" },
  EPIPE: { code: "unavailable", retryable: true, text: "the server closed the connection" },
  UND_ERR_SOCKET: { code: "unavailable", retryable: true, text: "the server closed the connection" },
  // What another page of the same HTTP/2 connection was answered with may end all of it.
  ERR_HTTP2_INVALID_SESSION: { code: "unavailable", retryable: true, text: "the server closed the connection" },
  ERR_HTTP2_SESSION_ERROR: { code: "unavailable", retryable: true, text: "the server closed the connection" },
  ERR_HTTP2_ERROR: { code: "unavailable", retryable: true, text: "the server broke the rules of HTTP/2" },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: {
    code: "unavailable",
    retryable: true,
    text: "the server sent another length than it announced",
  },
  EHOSTUNREACH: { code: "unavailable", retryable: false, text: "the host cannot be reached" },
  ENETUNREACH: { code: "unavailable", retryable: false, text: "the network cannot be reached" },
  ETIMEDOUT: { code: "timeout", retryable: false, text: "the host did not answer" },
  UND_ERR_CONNECT_TIMEOUT: { code: "timeout", retryable: false, text: "the host did not answer" },
  UND_ERR_HEADERS_TIMEOUT: { code: "timeout", retryable: false, text: "the server took the request and sent nothing" },
  UND_ERR_BODY_TIMEOUT: { code: "timeout", retryable: false, text: "the server stopped sending before the end" },
  UND_ERR_HEADERS_OVERFLOW: { code: "http_error", retryable: false, text: "the headers of the reply are too long" },
};

/** What undici tells by its messages alone. */
const misuses: Record<string, string> = {
  "bad response": "the server sent interim replies (100) that nobody had asked for",
  "bad upgrade": "the server wants to go on in another protocol, which nobody had asked for",
};

/** The failure behind what a request threw. */
export function failureOf(thrown: unknown, url: URL): Failure {
  if (thrown instanceof ToolError) return { error: thrown, retryable: false };
  const misuse = thrown instanceof Error ? misuses[thrown.message] : undefined;
  if (misuse !== undefined)
    return { error: new ToolError("http_error", `${url.host}: ${misuse}`, { cause: thrown }), retryable: false };
  const code = firstCode(thrown);
  const { code: kind, retryable, text } = known[code ?? ""] ?? classify(code, thrown);
  return { error: new ToolError(kind, `${url.host}: ${text}`, { cause: thrown }), retryable };
}

function classify(code: string | undefined, thrown: unknown): { code: ErrorCode; retryable: boolean; text: string } {
  const detail = cutText(errorMessage(thrown), 200);
  if (thrown instanceof Error && thrown.name === "HTTPParserError") {
    return { code: "http_error", retryable: false, text: `the reply is not valid HTTP (${detail})` };
  }
  if (/CERT|TLS|SSL|SIGNATURE|EPROTO/.test(code ?? "")) {
    return {
      code: "unavailable",
      retryable: false,
      text: `no secure connection (${detail}); the server's certificate or TLS setup is at fault`,
    };
  }
  return { code: "unavailable", retryable: false, text: `the request failed (${detail})` };
}

/** Of the several addresses of a host that all failed, the first failure counts. */
function firstCode(thrown: unknown): string | undefined {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return systemErrorCode(thrown.errors[0]);
  return systemErrorCode(thrown);
}
