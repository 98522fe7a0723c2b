import type { CookieJar } from "tough-cookie";

/** The cookies of one run: sent back to the sites that set them, by the rules of RFC 6265, and forgotten at its end. */
export interface Cookies {
  /** What to send to an address; empty where there is nothing. */
  header(url: URL): string;
  /** Keep what an address set. Lines that are not allowed are ignored, as browsers do. */
  keep(url: URL, lines: readonly string[]): Promise<void>;
}

/** RFC 6265 asks for at least 50 cookies a site and 3,000 in all, of 4 KB each. */
const maxLines = 50;
const maxLineChars = 4_096;
const maxCookies = 3_000;

export function openCookies(): Cookies {
  let jar: CookieJar | undefined;
  let count = 0;
  return {
    header: (url) => jar?.getCookieStringSync(url.href) ?? "",
    async keep(url, lines) {
      for (const line of lines.slice(0, maxLines)) {
        if (line.length > maxLineChars || count >= maxCookies) continue;
        jar ??= new (await import("tough-cookie")).CookieJar();
        if (jar.setCookieSync(line, url.href, { ignoreError: true }) !== undefined) count += 1;
      }
    },
  };
}
