import ipaddr from "ipaddr.js";
import { isIP } from "node:net";

/** Proxies by the scheme of what is fetched, as URLs that may hold credentials, and the hosts that none is used for. */
export interface ProxySettings {
  http?: string | undefined;
  https?: string | undefined;
  /** `HOST`, `.DOMAIN`, `ADDRESS`, `CIDR`, each with or without `:PORT`, or `*`. */
  except: readonly string[];
}

/** A proxy to tunnel through. */
export interface Proxy {
  url: URL;
  /** Without credentials: for people. */
  shown: string;
  /** The value of `Proxy-Authorization`. */
  authorization: string | undefined;
}

export interface ProxyTarget {
  /** A name or a literal without brackets. */
  host: string;
  port: number;
  secure: boolean;
}

/** The proxy for a connection; undefined for none. */
export type ProxyChoice = (target: ProxyTarget) => Proxy | undefined;

export const noProxies: ProxySettings = { except: [] };

export function openProxies({ http, https, except }: ProxySettings): ProxyChoice {
  const [forHttp, forHttps] = [http, https].map((url) => (url === undefined ? undefined : readProxy(new URL(url))));
  const exceptions = except.map(readException);
  return (target) => {
    const proxy = target.secure ? forHttps : forHttp;
    return proxy === undefined || exceptions.some((isExcepted) => isExcepted(target)) ? undefined : proxy;
  };
}

function readProxy(url: URL): Proxy {
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const hasNone = username === "" && password === "";
  const authorization = hasNone ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  return { url, shown: url.host, authorization };
}

/** As curl reads `NO_PROXY`: a name stands for all below it, and a port narrows. https://curl.se/docs/manpage.html#--noproxy */
function readException(entry: string): (target: ProxyTarget) => boolean {
  if (entry === "*") return () => true;
  const parts = /^\[(?<literal>[^\]]+)\](?::(?<port>\d+))?$|^(?<name>[^:]+)(?::(?<port>\d+))?$|^(?<range>.+)$/.exec(
    entry,
  );
  const { literal, name, range, port } = parts?.groups ?? {};
  const pattern = (literal ?? name ?? range ?? entry).toLowerCase().replace(/^\.|\.$/g, "");
  const isHost = matcherOf(pattern);
  return (target) => (port === undefined || Number(port) === target.port) && isHost(target.host);
}

function matcherOf(pattern: string): (host: string) => boolean {
  if (isIP(pattern) !== 0 || ipaddr.isValidCIDR(pattern)) {
    const [base, bits] = isIP(pattern) === 0 ? ipaddr.parseCIDR(pattern) : [ipaddr.process(pattern), undefined];
    const all = base.kind() === "ipv4" ? 32 : 128;
    return (host) => {
      if (isIP(host) === 0) return false;
      const address = ipaddr.process(host);
      return address.kind() === base.kind() && address.match(base, bits ?? all);
    };
  }
  return (host) => {
    const name = host.toLowerCase().replace(/\.$/, "");
    return name === pattern || name.endsWith(`.${pattern}`);
  };
}
