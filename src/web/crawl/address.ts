import { normalisePercents } from "../wildcards.ts";

/** Longer addresses are made by machines that count in them. */
export const maxAddressChars = 2_048;

/** Parameters that tell where a visitor came from, or who he is: the page is the same without them. */
const tracking =
  /^(?:utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|mc_[ce]id|_g[al]|_hs(?:enc|mi)|mkt_tok|vero_id|phpsessid|jsessionid|aspsessionid\w*|session_?id|cfid|cftoken|oscsid|zenid)$/i;
/** These may mean something else, and are a session only where their value is one. */
const sessionNames = /^(?:sid|s|session)$/i;
const sessionValue = /^[0-9a-z]{24,}$/i;
const sessionInPath = /;(?:jsessionid|phpsessid|sid)=[^/;]*/gi;

/**
 * The one spelling of an address under which a crawl knows and fetches it: no fragment, no default port, no dot at the
 * end of the host, no needless percent-encoding, no empty query, no tracking or session parameters. The order of
 * parameters stays: servers may tell it apart.
 *
 * @returns undefined for what is no http(s) address, or names a user
 */
export function normaliseAddress(address: string, base?: string): string | undefined {
  const url = URL.parse(address, base);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  const host = url.host.replace(/\.(?=:|$)/, "");
  const path = normalisePercents(url.pathname.replace(sessionInPath, ""));
  return `${url.protocol}//${host}${path}${normaliseQuery(url.search)}`;
}

function normaliseQuery(search: string): string {
  if (search.length < 2) return "";
  const kept = search.slice(1).split("&").filter(isMeant);
  return kept.length === 0 ? "" : `?${normalisePercents(kept.join("&"))}`;
}

function isMeant(parameter: string): boolean {
  if (parameter === "") return false;
  const [name = "", value = ""] = parameter.split("=", 2);
  return !tracking.test(name) && !(sessionNames.test(name) && sessionValue.test(value));
}
