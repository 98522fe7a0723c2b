/**
 * Build the bundle for Claude Desktop, for the platform this runs on: `packages/axoner-VERSION-PLATFORM-ARCH.mcpb`.
 *
 *   node scripts/build-mcpb.mjs             build dist/ first
 *   node scripts/build-mcpb.mjs --no-build  take dist/ as it is
 *   --url ADDRESS                           where the folder `packages` will be found: writes `packages/server.json`
 *                                           for the MCP registry too, with all bundles that are in it
 */
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { packExtension } from "@anthropic-ai/mcpb/cli";
import { Resvg } from "@resvg/resvg-js";
import { projectNode, root } from "./lib/project.mjs";
import { runMain, runOrThrow, ScriptError } from "./lib/run.mjs";
import { nodeLicence, stageServer } from "./lib/stage-server.mjs";
import { manifestFor } from "./mcpb/manifest.mjs";
import { serverJson } from "./server-json.ts";

const { platform, arch } = process;
const program = platform === "win32" ? "node.exe" : "node";

await runMain(async (args) => {
  if (!args.includes("--no-build")) await runOrThrow(process.execPath, [join(root, "scripts/build.ts")]);
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, "axoner-mcpb-"));
  try {
    await stageServer(join(staging, "server"));
    await stageNode(join(staging, "server"));
    const icon = new Resvg(await readFile(join(root, "scripts/mcpb/icon.svg"), "utf8")).render().asPng();
    await writeFile(join(staging, "icon.png"), icon);
    const manifest = await manifestFor({ platform, arch, program });
    await writeFile(join(staging, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    const bundle = join(root, "packages", `axoner-${manifest.version}-${platform}-${arch}.mcpb`);
    await rm(bundle, { force: true });
    if (!(await packExtension({ extensionPath: staging, outputPath: bundle, silent: true })))
      throw new ScriptError("the bundle could not be packed");
    const { size } = await stat(bundle);
    await tellRegistry(args);
    console.log(`built packages/${basename(bundle)} (${(size / 1e6).toFixed(1)} MB)`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return 0;
});

/** The project's own Node with its licence: what clients bring can start no process of its own kind, and is not always there. */
async function stageNode(folder) {
  await cp(projectNode, join(folder, program), { dereference: true });
  await chmod(join(folder, program), 0o755);
  await cp(await nodeLicence(), join(folder, "node-licence.txt"));
}

/** The registry wants the digest of every bundle, so that clients can check what they are sent. */
async function tellRegistry(args) {
  const at = args.indexOf("--url");
  if (at === -1) return;
  const url = URL.parse(args[at + 1] ?? "");
  if (url === null)
    throw new ScriptError("--url needs the address of a folder, e.g. https://example.org/releases/1.0.0/", 2);
  const packageJson = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const names = (await readdir(join(root, "packages"))).filter(
    (name) => name.startsWith(`axoner-${packageJson.version}-`) && name.endsWith(".mcpb"),
  );
  const bundles = names.map(async (name) => ({
    url: `${url.href.replace(/\/$/, "")}/${name}`,
    sha256: createHash("sha256")
      .update(await readFile(join(root, "packages", name)))
      .digest("hex"),
  }));
  await writeFile(join(root, "packages/server.json"), serverJson(packageJson, await Promise.all(bundles)));
}
