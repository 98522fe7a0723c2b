import { removed } from "./veil.ts";

const keyLike =
  /^(?:(?:x-?)?(?:api|access|app|subscription|private|client|goog|amz)?[-_]?(?:key|token|secret|signature|credential|security-token)|key|sig|auth|authorization|passw(?:or)?d|pwd|pass|jwt|code|session(?:[-_]?id)?|sid|api[-_]?key[-_]?id|id[-_]token|refresh[-_]token|client[-_]secret|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential))$/i;
/** A shorter value is no key: it tells pages apart. */
const minKeyChars = 8;

/** An address without user and password, and without the values of parameters that are called as keys are. */
export function cleanUrl(address: string, base?: string): string {
  const url = URL.parse(address, base);
  if (url === null) return address;
  const isKey = ([name, value]: [string, string]) => keyLike.test(name) && value.length >= minKeyChars;
  const keys = [...url.searchParams].filter(isKey);
  if (keys.length === 0 && url.username === "" && url.password === "") return address;
  url.username = "";
  url.password = "";
  // written anew only where something has to go: a query is not always what its parameters give
  url.search = url.search
    .slice(1)
    .split("&")
    .map((part) => {
      const name = part.split("=", 1)[0] ?? "";
      return keys.some(([key]) => key === decoded(name)) ? `${name}=${removed}` : part;
    })
    .join("&");
  return url.href;
}

function decoded(name: string): string {
  return new URLSearchParams(`${name}=`).keys().next().value ?? name;
}

/** Headers of replies that may let somebody in, or say who asked. */
const privateHeaders =
  /^(?:set-cookie2?|cookie|authorization|proxy-.*|www-authenticate|authentication-info|.*(?:token|secret|api-?key|session|organization|project|account).*)$/i;

/** What is kept of a reply's head. */
export function cleanHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  address: string,
): Record<string, string | string[]> {
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string | string[]][] => {
    if (value === undefined || privateHeaders.test(name)) return [];
    const isAddress = name === "location" || name === "content-location" || name === "refresh";
    return [[name, isAddress && typeof value === "string" ? cleanLocation(value, address) : value]];
  });
  return Object.fromEntries(kept);
}

/** Left as it stands, e.g. relative, where there is nothing to clean. */
function cleanLocation(location: string, address: string): string {
  const whole = URL.parse(location, address)?.href;
  if (whole === undefined) return location;
  const clean = cleanUrl(whole);
  return clean === whole ? location : clean;
}
