import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolCall, type Message } from "./server.ts";

/** A server that others write: one tool, `add`. */
export interface Peer {
  name: string;
  command: readonly string[];
}

export interface Peers {
  servers: Peer[];
  /** AxonerAI speaks no MCP: a program that makes its agent and says so. */
  axonerAi: readonly string[] | undefined;
  /** Those that cannot be built here, and why. */
  missing: string[];
}

const sources = join(import.meta.dirname, "peers");

/** Build those that are not there yet. @param folder where they are kept */
export function buildPeers(folder: string): Peers {
  mkdirSync(folder, { recursive: true });
  const missing: string[] = [];
  const build = <Built>(names: string, make: () => Built): Built | undefined => {
    try {
      return make();
    } catch (thrown) {
      missing.push(
        `${names}: left out, ${String(thrown instanceof Error ? thrown.message : thrown).split("\n", 1)[0]}`,
      );
      return undefined;
    }
  };
  const rust = build("AxonerAI, Rust rmcp", () => buildRust(join(folder, "rust")));
  const python = build("Python mcp, FastMCP", () => makeVenv(join(folder, "venv")));
  const script = (name: string) => join(sources, name);
  return {
    servers: [
      { name: "SDK 1.x on Node", command: [process.execPath, join(import.meta.dirname, "../peers/sdk-server.mjs")] },
      ...(rust === undefined ? [] : [{ name: "Rust rmcp", command: [join(rust, "rmcp-peer")] }]),
      ...(python === undefined ? [] : [{ name: "Python mcp", command: [python, script("mcp-server.py")] }]),
      ...(python === undefined ? [] : [{ name: "FastMCP", command: [python, script("fastmcp-server.py")] }]),
    ],
    axonerAi: rust === undefined ? undefined : [join(rust, "axonerai-peer")],
    missing,
  };
}

/** A call of a peer's tool whose answer is checked. */
export function addCall(a: number, b: number): Message {
  const sum = String(a + b);
  const isRight = (result: unknown) =>
    new RegExp(`"text":"${sum.replace(".", "\\.")}(\\.0)?"`).test(JSON.stringify(result));
  return { ...toolCall("add", { a, b }), isRight };
}

function buildRust(target: string): string {
  need("cargo", "no Rust toolchain is installed");
  const hasOpenSsl = spawnSync("pkg-config", ["--exists", "openssl"]).status === 0;
  const features = hasOpenSsl ? [] : ["--features", "axonerai-peer/vendored"];
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  execFileSync("cargo", ["build", "--release", "--locked", "--quiet", ...features], {
    cwd: sources,
    env,
    stdio: "inherit",
  });
  return join(target, "release");
}

function makeVenv(folder: string): string {
  need("python3", "no Python is installed");
  const requirements = join(sources, "requirements.txt");
  const [python, made] = [join(folder, "bin/python"), join(folder, "requirements.txt")];
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(made) && readFileSync(made, "utf8") === wanted) return python;
  execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", requirements], { stdio: "inherit" });
  writeFileSync(made, wanted);
  return python;
}

function need(program: string, otherwise: string): void {
  if (spawnSync(program, ["--version"]).status !== 0) throw new Error(otherwise);
}
