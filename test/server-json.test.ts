import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { serverJson } from "../scripts/server-json.ts";

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The registry's own schema, as published on 2025-12-11 (MIT). */
const schema: unknown = JSON.parse(readText("fixtures/registry/server.schema.2025-12-11.json"));
const ajv = new Ajv({ strict: false, allErrors: true, formats: { uri: (text: string) => URL.canParse(text) } });
const isValid = ajv.compile(schema as object);

const packageJson = JSON.parse(readText("../package.json")) as { name: string; version: string; mcpName: string };
const written = JSON.parse(readText("../server.json")) as {
  name: string;
  version: string;
  packages: { registryType: string; version?: string }[];
};

describe("what the MCP registry is told", () => {
  test("is as its schema has it, with bundles and without", () => {
    const bundle = { url: "https://example.org/axoner-0.1.0-linux-x64.mcpb", sha256: "0".repeat(64) };
    for (const document of [written, JSON.parse(serverJson(packageJson, [bundle]))]) {
      isValid(document);
      expect(isValid.errors ?? []).toEqual([]);
    }
    expect(isValid(JSON.parse(serverJson(packageJson, [{ ...bundle, sha256: "no digest" }])))).toBe(false);
  });

  test("names the version of every package, and the name that the packages must name too", () => {
    expect(written.packages.map(({ registryType, version }) => [registryType, version])).toEqual([
      ["npm", packageJson.version],
      ["pypi", packageJson.version],
    ]);
    expect(written).toMatchObject({ name: packageJson.mcpName, version: packageJson.version });
    expect(readText("../python-client/pyproject.toml")).toContain(`\nversion = "${packageJson.version}"\n`);
    expect(readText("../python-client/README.md")).toContain(`mcp-name: ${packageJson.mcpName}`);
  });
});
