import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { openPeer } from "../process/peer.ts";

/** The hosts that pages are asked of, all on loopback addresses, each with every page. */
export interface Site {
  /** Pages 0 to `count - 1`, each of the next host. */
  urls(count: number): string[];
  /** Of a site that has broken, busy and hostile pages between the good ones. */
  roughUrls(count: number): RoughUrl[];
  close(): Promise<void>;
}

export interface RoughUrl {
  url: string;
  kind: string;
  expected: Expected;
}

/** What there is to be told of a page: its title, or why there is none. */
export type Expected = { title: string } | { status: number | null; code: string };

const mountedVariable = "AXONER_BENCH_HOSTS";
const maxHosts = 1_000;
const goCommands = ["go", "/usr/local/go/bin/go"];

/** Build the server, and the peer that is written in Go, into a folder. */
export function buildGo(folder: string): void {
  const go = goCommands.find((command) => spawnSync(command, ["version"]).status === 0);
  if (go === undefined) throw new Error("the server of this benchmark is written in Go: install it from go.dev");
  execFileSync(go, ["build", "-o", `${folder}/`, "./..."], { cwd: import.meta.dirname, stdio: "inherit" });
}

/**
 * Run this program again where the hosts have names, if this system lets us: in a name space of its own, whose
 * /etc/hosts lists them. Its exit code, or undefined where that is done already or cannot be.
 */
export async function runWithNames(folder: string): Promise<number | undefined> {
  if (process.env[mountedVariable] !== undefined || !existsSync("/etc/hosts")) return undefined;
  if (spawnSync("unshare", ["-rm", "mount", "--bind", "/etc/hosts", "/etc/hosts"]).status !== 0) return undefined;
  const file = join(folder, "hosts");
  const lines = Array.from({ length: maxHosts }, (_, host) => `${addressOf(host)} ${nameOf(host)}\n`);
  await writeFile(file, `127.0.0.1 localhost\n${lines.join("")}`);
  const mount = ["sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', file];
  const again = ["-rm", ...mount, process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync("unshare", again, {
    stdio: "inherit",
    env: { ...process.env, [mountedVariable]: file },
  });
  return status ?? 1;
}

export function hasNames(): boolean {
  return process.env[mountedVariable] !== undefined;
}

const readyLine = z.object({ port: z.number(), closedPort: z.number() });

export async function openSite(folder: string, hosts: number, pages: number): Promise<Site> {
  const args = [String(hosts), String(pages)];
  const server = openPeer(spawn(join(folder, "server"), args, { stdio: ["pipe", "pipe", "pipe"] }));
  const { port, closedPort } = readyLine.parse(await server.receive());
  const hostOf = (index: number) => (hasNames() ? nameOf : addressOf)(index % hosts);
  return {
    urls: (count) => Array.from({ length: count }, (_, at) => `http://${hostOf(at)}:${port}/page/${at}`),
    roughUrls: (count) =>
      Array.from({ length: count }, (_, at) => {
        const { kind, expected } = kindOf(at);
        const authority = `${hostOf(at)}:${kind === "dead" ? closedPort : port}`;
        return { url: `http://${authority}/rough/${kind}/${at}`, kind, expected: expected(titleOf(at)) };
      }),
    close: () => server.end(),
  };
}

function nameOf(host: number): string {
  return `host-${host}.bench.test`;
}

/** By the rule of the server. */
function addressOf(host: number): string {
  return `127.1.${Math.floor(host / 250)}.${(host % 250) + 1}`;
}

function titleOf(page: number): string {
  return `Product ${page} & its prices`;
}

interface Kind {
  kind: string;
  /** How many of a hundred pages are so. */
  share: number;
  expected: (title: string) => Expected;
}

const isPage = (title: string) => ({ title });
const fails = (status: number | null, code: string) => () => ({ status, code });

const kinds: readonly Kind[] = [
  { kind: "gzip", share: 45, expected: isPage },
  { kind: "brotli", share: 20, expected: isPage },
  { kind: "moved", share: 4, expected: isPage },
  { kind: "slow", share: 3, expected: isPage },
  { kind: "busy", share: 4, expected: isPage },
  { kind: "unavailable", share: 4, expected: isPage },
  { kind: "latin", share: 2, expected: () => ({ title: "Café crème" }) },
  { kind: "nested", share: 1, expected: () => ({ title: "deep" }) },
  { kind: "gone", share: 4, expected: fails(404, "http_error") },
  { kind: "error", share: 3, expected: fails(500, "http_error") },
  { kind: "image", share: 1, expected: fails(200, "unreadable") },
  { kind: "loop", share: 2, expected: fails(302, "http_error") },
  { kind: "damaged", share: 1, expected: fails(200, "unreadable") },
  { kind: "bomb", share: 1, expected: fails(200, "too_large") },
  { kind: "short", share: 2, expected: fails(null, "unavailable") },
  { kind: "garbage", share: 1, expected: fails(null, "http_error") },
  { kind: "drip", share: 1, expected: fails(null, "timeout") },
  { kind: "dead", share: 1, expected: fails(null, "unavailable") },
];

/** The kinds are spread: neighbours of a hundred are 37 apart in the table. */
function kindOf(page: number): Kind {
  let left = (page * 37) % 100;
  for (const kind of kinds) {
    if (left < kind.share) return kind;
    left -= kind.share;
  }
  throw new RangeError("the shares of the kinds do not add up to a hundred");
}
