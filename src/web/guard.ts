import ipaddr from "ipaddr.js";
import { ConfigError, ToolError } from "../errors.ts";

/**
 * Keeps requests to the public internet. A URL is checked before it is requested (`checkUrl`), and every address that
 * is connected to before and after the connection (`checkAddress`): a name may resolve to anything, at any time.
 */
export interface Guard {
  /** @throws ToolError `blocked_address` for a scheme, user info, port or literal address that is refused */
  checkUrl(url: URL): void;
  /**
   * @param host the host name or literal that the address belongs to, as `URL.hostname` writes it
   * @throws ToolError `blocked_address` unless the address is public or allowed
   */
  checkAddress(host: string, port: number, address: string): void;
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** What `--allow-private` lets through; undefined means any. */
interface Allowed {
  host: string | undefined;
  range: Range | undefined;
  port: number | undefined;
}

/** Public ranges by allocation that lead to the inside of a cloud (Azure's host) or of a network (6to4 relays). */
const deniedV4 = [ipaddr.IPv4.parseCIDR("168.63.129.16/32"), ipaddr.IPv4.parseCIDR("192.88.99.0/24")];
const publicV6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** IETF protocols and Teredo, 6to4, documentation: each can carry or stand for an address that is not public. */
const deniedV6 = ["2001::/23", "2002::/16", "3fff::/20"].map((range) => ipaddr.IPv6.parseCIDR(range));

/** To ask of every name costs an exception each. */
const mayBeLiteral = /^[\da-fx.:]+$/i;

/** https://fetch.spec.whatwg.org/#port-blocking */
const blockedPorts = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

const usualPort = 80;

/**
 * @param allowPrivate entries `HOST|CIDR[:PORT]`: a name allows all addresses of that name, a literal or range those
 * addresses under any name
 * @throws ConfigError for an entry that cannot be read
 */
export function openGuard(allowPrivate: readonly string[]): Guard {
  const allowed = allowPrivate.map(parseAllowed);

  function checkAddress(host: string, port: number, text: string): void {
    const address = ipaddr.process(text);
    if (!blockedPorts.has(port) && isPublic(address)) return;
    if (allowed.some((entry) => admits(entry, host, port, address))) return;
    const name = bare(host);
    const what = name === text ? text : `${name} (${text})`;
    const isOpen = isPublic(address) || allowed.some((entry) => admits(entry, host, usualPort, address));
    const why = isOpen ? `port ${port} is not one for web pages` : "is not a public address";
    refuse(`${what}: ${why}; if it is meant, start axoner with --allow-private ${suggestion(name, port)}`);
  }

  return {
    checkAddress,
    checkUrl(url) {
      if (url.protocol !== "http:" && url.protocol !== "https:")
        refuse(`${url.protocol} addresses are not fetched; use http or https`);
      if (url.username !== "" || url.password !== "")
        refuse(`${url.host}: addresses with a user name or password are not fetched; leave it out`);
      const host = bare(url.hostname);
      const port = portOf(url);
      if (mayBeLiteral.test(host) && ipaddr.isValid(host)) return checkAddress(url.hostname, port, host);
      if (!blockedPorts.has(port)) return;
      if (allowed.some((entry) => entry.port === port && entry.host === host)) return;
      refuse(
        `${host}: port ${port} is not one for web pages; if it is meant, start axoner with --allow-private ${suggestion(host, port)}`,
      );
    },
  };
}

/** The port a URL is fetched from. */
function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : usualPort;
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  if (address instanceof ipaddr.IPv4) return !deniedV4.some((range) => address.match(range));
  return address.match(publicV6) && !deniedV6.some((range) => address.match(range));
}

/** A blocked port is only opened by an entry that names it. */
function admits(entry: Allowed, host: string, port: number, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (entry.port === undefined ? blockedPorts.has(port) : entry.port !== port) return false;
  if (entry.host !== undefined) return entry.host === bare(host);
  return entry.range !== undefined && entry.range[0].kind() === address.kind() && address.match(entry.range);
}

function parseAllowed(entry: string): Allowed {
  const whole = parseRange(entry);
  if (whole !== undefined) return { host: undefined, range: whole, port: undefined };
  const parts = /^(?:\[(?<literal>[^\]]+)\]|(?<name>[^\s:?#@[\]\\]+))(?::(?<port>\d{1,5}))?$/.exec(entry)?.groups;
  const host = parts?.["literal"] ?? parts?.["name"];
  const port = parts?.["port"] === undefined ? undefined : Number(parts["port"]);
  if (host === undefined || (port !== undefined && port > 65_535)) return refuseEntry(entry);
  const range = parseRange(host);
  if (range !== undefined) return { host: undefined, range, port };
  const url = URL.parse(`http://${host}/`);
  return url === null || url.host === "" || url.pathname !== "/"
    ? refuseEntry(entry)
    : { host: bare(url.hostname), range: undefined, port };
}

function parseRange(text: string): Range | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function refuseEntry(entry: string): never {
  throw new ConfigError(
    `--allow-private ${entry}: expected HOST or CIDR, with or without :PORT, e.g. localhost:8080, 10.0.0.0/8, [::1]:80`,
  );
}

/** A host without the brackets of IPv6 and without the dot that ends an absolute name. */
function bare(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, -1) : host;
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function suggestion(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function refuse(message: string): never {
  throw new ToolError("blocked_address", message);
}
