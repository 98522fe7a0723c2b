import { ConfigError } from "../errors.ts";

/** Proxies as `src/web/proxies.ts` takes them. They may hold passwords. */
export type ProxyConfig = {
  http?: string;
  https?: string;
  except: string[];
};

/**
 * The proxies of the environment, by the names that curl knows: `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`,
 * or the same in capitals, of which the small ones count where both are set. `HTTP_PROXY` is ignored in a CGI program,
 * where the client sets it by a header `Proxy:`.
 *
 * @throws ConfigError that names the variable and not what is in it
 */
export function readProxies(environment: NodeJS.ProcessEnv): ProxyConfig {
  const find = (name: string): [string, string] | undefined => {
    const names = name === "http_proxy" && environment["REQUEST_METHOD"] ? [name] : [name, name.toUpperCase()];
    const known = names.find((one) => environment[one]);
    return known === undefined ? undefined : [known, environment[known] ?? ""];
  };
  const all = find("all_proxy");
  const [http, https] = ["http_proxy", "https_proxy"].map((name) => readUrl(find(name) ?? all));
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    except: (find("no_proxy")?.[1] ?? "").split(/[\s,]+/).filter(Boolean),
  };
}

/** A proxy may be named without its scheme. */
function readUrl(given: [string, string] | undefined): string | undefined {
  if (given === undefined) return undefined;
  const [name, value] = given;
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  if (url !== null && url.hostname !== "" && isDecodable(url)) return url.href;
  throw new ConfigError(`${name} is no address of a proxy; write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT`);
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
