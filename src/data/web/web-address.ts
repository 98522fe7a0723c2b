import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";

/** Whether a source is an address of the web instead of a path or a dataset. */
export function isWebAddress(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/**
 * The URL that a source names, without what browsers keep for themselves behind `#`.
 *
 * @throws ToolError `invalid_input`; never shows a user name or password
 */
export function parseWebAddress(source: string): URL {
  const url = URL.parse(source);
  if (url === null)
    throw new ToolError("invalid_input", `'${cutText(withoutUserInfo(source), 200)}' is no address that can be read`);
  if (url.username !== "" || url.password !== "") {
    throw new ToolError(
      "invalid_input",
      `the address at ${url.host} holds a user name or password; such addresses are not fetched: leave it out`,
    );
  }
  // In the query these are common: `$select=*`.
  if (/[*{}]/.test(source.split(/[?#]/, 1)[0] ?? "")) {
    throw new ToolError(
      "invalid_input",
      `'${cutText(source, 200)}': an address names one file, * and {} are not expanded; name each file by its address, or write %2A, %7B and %7D where they are meant`,
    );
  }
  url.hash = "";
  return url;
}

/** @throws ToolError `invalid_input` for a source that is an address, where such are not fetched */
export function refuseAddress(source: string): void {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1];
  if (scheme === undefined) return;
  const advice = isWebAddress(source)
    ? "scrape it and name the dataset, or download it into a root and name the file"
    : /^file$/i.test(scheme)
      ? "write the path alone"
      : "download it into a root, then name the file";
  const shown = cutText(withoutUserInfo(source), 200);
  throw new ToolError("invalid_input", `'${shown}' is an address, not a path; ${advice}`);
}

function withoutUserInfo(address: string): string {
  return address.replace(/\/\/[^/?#]*@/, "//");
}

const knownEndings =
  /\.(csv|tsv|tab|psv|txt|json|geojson|jsonl|ndjson|parquet|xlsx|xls|zip|bz2|xz)(\.(gz|gzip|zst|zstd|bz2))?$/i;

/** Content types that say more than that it is text, with the ending that files of them have. */
const endings: readonly [RegExp, string][] = [
  [/^(text|application)\/(csv|x-csv|vnd\.csv)\b/, ".csv"],
  [/^text\/tab-separated-values\b/, ".tsv"],
  [/^application\/(x-ndjson|ndjson|x-jsonlines|jsonlines|jsonl|x-json-lines)\b/, ".jsonl"],
  [/^(application|text)\/([a-z0-9.-]+\+)?json\b/, ".json"],
];

/**
 * The name by which the format of a file is told where its first bytes leave it open: that of the address or, where
 * that has no ending of a data file, one made of the content type.
 */
export function fileNameOf(url: URL, contentType: string): string {
  const name = lastSegment(url);
  if (knownEndings.test(name)) return name;
  const ending = endings.find(([type]) => type.test(contentType.trim().toLowerCase()))?.[1];
  return ending === undefined ? name : name.replace(/\.(gz|gzip|zst|zstd)$/i, "") + ending;
}

/** What follows the `#` of an address. */
export function partOfAddress(source: string): string | undefined {
  const part = decoded(new URL(source).hash.slice(1));
  return part === "" ? undefined : part;
}

function lastSegment({ pathname }: URL): string {
  return decoded(pathname.split("/").at(-1) ?? "");
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (thrown) {
    if (thrown instanceof URIError) return encoded;
    throw thrown;
  }
}
