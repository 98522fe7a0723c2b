import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  chownSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openLocalEngine } from "../../src/engine/local.ts";
import { findEngines } from "../../src/engine/shared/status.ts";
import { openShared } from "../../src/runtime/shared-engine.ts";
import { configFor, temporaryFolder } from "../support/config.ts";
import * as tools from "../support/engine-tools.ts";
import { ignore, meetingPlace, openIn, pidOf, plugin } from "../support/shared-engines.ts";

describe("what is refused", () => {
  const refused = expect.objectContaining({ ok: false, code: "unavailable" });
  const call = (folder: string) => openIn(folder).call("echo", { text: "secret" }, ignore);

  test.each([
    ["a folder that others may write to", (folder: string) => (mkdirSync(folder), chmodSync(folder, 0o770)), /chmod/],
    ["a folder that others may read", (folder: string) => (mkdirSync(folder), chmodSync(folder, 0o755)), /chmod/],
    ["a file", (folder: string) => writeFileSync(folder, "", { mode: 0o600 }), /no folder/],
    [
      "a link",
      (folder: string) => (mkdirSync(`${folder}-real`, 0o700), symlinkSync(`${folder}-real`, folder)),
      /is a link/,
    ],
  ])("%s in the place of the folder", async (_what, make, reason) => {
    const folder = join(temporaryFolder(), "engines");
    make(folder);
    const result = await call(folder);
    expect(result).toEqual(refused);
    expect(result.ok ? "" : result.message).toMatch(reason);
    expect(lstatSync(folder).isDirectory() ? readdirSync(folder) : []).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)("a folder of another user", async () => {
    const folder = join(temporaryFolder(), "engines");
    mkdirSync(folder, 0o700);
    chownSync(folder, 12_345, 12_345);
    expect(await call(folder)).toMatchObject({ code: "unavailable", message: expect.stringContaining("another user") });
  });

  test("a folder in one that others may rename it in", async () => {
    const above = temporaryFolder();
    chmodSync(above, 0o777);
    expect(await call(join(above, "engines"))).toMatchObject({ message: expect.stringContaining("may replace") });
  });

  test("a listener without the token is sent nothing but a nonce, and is no engine", async () => {
    const folder = meetingPlace();
    const [socket] = await filesOf(folder);
    renameSync(socket, `${socket}.real`);
    let received = "";
    const planted = createServer((connection) => {
      connection.on("data", (piece) => {
        received += String(piece);
        connection.write(`${JSON.stringify({ nonce: "0".repeat(32), proof: "0".repeat(64) })}\n`);
      });
      connection.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => planted.listen(socket, resolve));
    onTestFinished(() => void planted.close());
    expect(await call(folder)).toMatchObject({ code: "unavailable", message: expect.stringContaining("token") });
    expect(received).toMatch(/^\{"hello":"[0-9a-f]{32}"\}\n$/);
    planted.close();
    renameSync(`${socket}.real`, socket);
  });

  test.each([
    ["a wrong token", (token: string) => writeFileSync(token, `${"0".repeat(64)} 1\n`), /token/],
    ["a token that others can read", (token: string) => chmodSync(token, 0o644), /chmod/],
    [
      "a link in the token's place",
      (token: string) => (renameSync(token, `${token}.real`), symlinkSync(`${token}.real`, token)),
      /cannot be trusted/,
    ],
    [
      "a link in the socket's place",
      (_: string, socket: string) => (renameSync(socket, `${socket}.real`), symlinkSync(`${socket}.real`, socket)),
      /no socket/,
    ],
  ])("%s", async (_what, spoil, reason) => {
    const folder = join(temporaryFolder(), "engines");
    const [socket, token, pid] = await filesOf(folder);
    onTestFinished(() => void process.kill(pid, "SIGKILL"));
    const result = (spoil(token, socket), await call(folder));
    expect(result).toEqual(refused);
    expect(result.ok ? "" : result.message).toMatch(reason);
  });

  /** The socket and the token of an engine that runs, and its process. */
  async function filesOf(folder: string): Promise<[socket: string, token: string, pid: number]> {
    const pid = await pidOf(openIn(folder));
    const [found] = await findEngines(folder);
    return [found?.place.socket ?? "", found?.place.token ?? "", pid];
  }

  test("where none can be shared a server has one of its own, unless sharing was demanded", async () => {
    const folder = join(temporaryFolder(), "engines");
    writeFileSync(folder, "");
    const config = configFor("/nonexistent", { plugins: [plugin] });
    const instead = () => openLocalEngine({ tools: [tools.print], services: () => Promise.reject(new Error("none")) });
    const engine = openShared(config, { folder, instead });
    onTestFinished(() => engine.close());
    expect((await engine.definitions()).map(({ name }) => name)).toEqual(["print"]);
  });
});
