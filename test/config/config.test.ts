import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { readConfig, readServerConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";
import { temporaryFolder } from "../support/config.ts";

/** The tests run in forks that may not change folder: `process.cwd` is the one thing replaced. */
function startIn(folder: string): void {
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
  onTestFinished(() => cwd.mockRestore());
}

let home: string;
beforeEach(() => {
  home = temporaryFolder();
  vi.stubEnv("XDG_CONFIG_HOME", join(home, "config"));
  vi.stubEnv("XDG_STATE_HOME", join(home, "state"));
  for (const name of ["OPENAI_API_KEY", "GROQ_API_KEY", "ANTHROPIC_API_KEY", "BRAVE_API_KEY", "SEARXNG_URL"])
    vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
});

function writeUserFile(content: string, mode = 0o600): void {
  mkdirSync(join(home, "config/axoner"), { recursive: true });
  writeFileSync(join(home, "config/axoner/axoner.json"), content);
  chmodSync(join(home, "config/axoner/axoner.json"), mode);
}

describe("what counts", () => {
  test("a flag over the environment over the user's file over the default", () => {
    startIn(home);
    expect(readConfig([]).config.max_turns).toBe(10);
    writeUserFile('{"max_turns": 20}');
    expect(readConfig([]).config.max_turns).toBe(20);
    vi.stubEnv("AXONER_MAX_TURNS", "30");
    expect(readConfig([]).config.max_turns).toBe(30);
    expect(readConfig(["--max-turns", "40"]).config.max_turns).toBe(40);
    expect(readConfig(["--max-turns=50"]).config.max_turns).toBe(50);
  });

  test("lists come from repeated flags, commas in the environment, and JSON", () => {
    startIn(home);
    expect(readConfig(["--allow-private", "a:1", "--allow-private", "[::1]:2"]).config.allow_private).toEqual([
      "a:1",
      "[::1]:2",
    ]);
    vi.stubEnv("AXONER_ALLOW_PRIVATE", "10.0.0.0/8,localhost:80");
    expect(readConfig([]).config.allow_private).toEqual(["10.0.0.0/8", "localhost:80"]);
    vi.stubEnv("AXONER_ALLOW_PRIVATE", '["with,comma"]');
    expect(readConfig([]).config.allow_private).toEqual(["with,comma"]);
    expect(readConfig(["--tools", "scrape,calculate"]).config.tools).toEqual(["scrape", "calculate"]);
  });

  test("of a server, what is no option of ours is a folder, and an option that there is not is refused", () => {
    startIn(home);
    const folders = ["one", "two"].map((name) => join(temporaryFolder(), name));
    for (const folder of folders) mkdirSync(folder);
    const { config } = readServerConfig(["--model", "m", ...folders, "--root", home, "--", ...folders.slice(0, 1)]);
    expect(config.roots).toEqual([...folders, home]);
    expect(config.model).toBe("m");
    expect(() => readServerConfig(["--rot", home])).toThrow(/does not know "--rot"/);
    const none = join(home, "none");
    expect(readServerConfig([none, ...folders]).config.roots).toEqual(folders);
    expect(readServerConfig([none, "--root", home]).config.roots).toEqual([home]);
    expect(() => readServerConfig([none])).toThrow(ConfigError);
    expect(() => readServerConfig([...folders, "--root", none])).toThrow(ConfigError);
  });

  test("what is no option of ours is left in its order, behind `--` too", () => {
    startIn(home);
    const { rest, config } = readConfig(["run", "--json", "--model", "m", "say --model x", "--", "--root", "/"]);
    expect(rest).toEqual(["run", "--json", "say --model x", "--", "--root", "/"]);
    expect(config.model).toBe("m");
  });

  test("keys come from the environment and the user's file, the environment first", () => {
    startIn(home);
    writeUserFile('{"keys": {"OPENAI_API_KEY": "from-file", "GROQ_API_KEY": "groq"}}');
    vi.stubEnv("OPENAI_API_KEY", "from-environment");
    expect(readConfig([]).config.secrets).toMatchObject({ OPENAI_API_KEY: "from-environment", GROQ_API_KEY: "groq" });
    vi.stubEnv("BRAVE_API_KEY", "brave");
    vi.stubEnv("SEARXNG_URL", "http://localhost:8080");
    expect(readConfig([]).config.secrets).toMatchObject({
      BRAVE_API_KEY: "brave",
      SEARXNG_URL: "http://localhost:8080",
    });
  });
});

describe("databases", () => {
  test("come by name from flags, the environment and the user's file, files with their whole path", () => {
    startIn(home);
    const flags = ["--database", "shop=postgres://u:p,w@h/d", "--database", "notes=sqlite:notes.db"];
    expect(readConfig(flags).config.databases).toEqual({
      shop: "postgres://u:p,w@h/d",
      notes: `sqlite:${join(home, "notes.db")}`,
    });
    vi.stubEnv("AXONER_DATABASE", "a=postgresql://u:p,w@h/d,b-2=sqlite:///x/y.db");
    expect(readConfig([]).config.databases).toEqual({ a: "postgresql://u:p,w@h/d", "b-2": "sqlite:/x/y.db" });
    vi.stubEnv("AXONER_DATABASE", undefined);
    writeUserFile('{"database": ["c=sqlite:~/z.db"]}');
    expect(readConfig([]).config.databases).toEqual({ c: `sqlite:${join(homedir(), "z.db")}` });
  });

  test.each([
    "hidden-secret",
    "a=mysql://u:hidden-secret@h/d",
    "=postgres://u:hidden-secret@h",
    "a b=postgres://hidden-secret",
  ])("%s is refused without being repeated", (entry) => {
    startIn(home);
    expect(() => readConfig(["--database", entry])).toThrow(ConfigError);
    expect(() => readConfig(["--database", entry])).toThrow(/--database/);
    expect(() => readConfig(["--database", entry])).not.toThrow(/hidden-secret/);
  });

  test("a name given twice, and a file that others can read, are refused", () => {
    startIn(home);
    const twice = ["--database", "a=sqlite:x.db", "--database", "a=sqlite:y.db"];
    expect(() => readConfig(twice)).toThrow(/given twice/);
    writeUserFile('{"database": ["a=postgres://u:hidden-secret@h/d"]}', 0o644);
    expect(() => readConfig([])).toThrow(/chmod 600/);
  });
});

describe("the store", () => {
  test("is durable by a flag that stands alone, by the environment and by the file", () => {
    startIn(home);
    expect(readConfig(["run"]).config.durable).toBe(false);
    expect(readConfig(["--durable", "run"])).toMatchObject({ config: { durable: true }, rest: ["run"] });
    expect(readConfig(["run", "--durable=false"]).config.durable).toBe(false);
    vi.stubEnv("AXONER_DURABLE", "1");
    expect(readConfig([]).config.durable).toBe(true);
    expect(readConfig(["--durable=false"]).config.durable).toBe(false);
    vi.stubEnv("AXONER_DURABLE", undefined);
    writeUserFile('{"durable": true}');
    expect(readConfig([]).config.durable).toBe(true);
  });

  test("is never a source, in a folder or in a file with its log", () => {
    startIn(home);
    expect(readConfig(["--store", "file:kept"]).config.private_paths).toContain(join(home, "kept"));
    expect(readConfig(["--store", "sqlite:kept.db"]).config.private_paths).toEqual(
      expect.arrayContaining([join(home, "kept.db"), join(home, "kept.db-wal")]),
    );
  });

  test("on a server stands in a file that its owner alone can read", () => {
    startIn(home);
    writeUserFile('{"store": "redis://:hidden-secret@h"}', 0o644);
    expect(() => readConfig([])).toThrow(/address of a store.*chmod 600/);
    expect(() => readConfig([])).not.toThrow(/hidden-secret/);
    writeUserFile('{"store": "sqlite:x.db"}', 0o644);
    expect(readConfig([]).config.store).toBe("sqlite:x.db");
  });
});

describe("what is wrong is named", () => {
  test.each([
    [["--max-turns", "many"], /--max-turns/],
    [["--max-turns"], /--max-turns needs a value/],
    [["--model", "--json"], /--model needs a value/],
    [["--root", "/nonexistent"], /--root \/nonexistent/],
    [["--plugin", "/nonexistent.ts"], /--plugin/],
    [["--base-url", "ftp://x"], /--base-url/],
    [["--log-level", "loud"], /--log-level/],
    [["--durable=perhaps"], /--durable/],
    [["--config", "/nonexistent.json"], /nonexistent\.json/],
  ])("%j", (argv, message) => {
    startIn(home);
    expect(() => readConfig(argv)).toThrow(ConfigError);
    expect(() => readConfig(argv)).toThrow(message);
  });

  test.each(['{"rooot": []}', "[]", "{", '{"keys": {"OPENAI_API_KEY": 1}}'])("the file %s", (content) => {
    startIn(home);
    writeUserFile(content);
    expect(() => readConfig([])).toThrow(ConfigError);
  });

  test("a file with keys that others can read is refused with the command that mends it", () => {
    startIn(home);
    writeUserFile('{"keys": {"OPENAI_API_KEY": "secret-value"}}', 0o644);
    expect(() => readConfig([])).toThrow(/chmod 600/);
    expect(() => readConfig([])).not.toThrow(/secret-value/);
  });
});

describe("a project's own file only narrows", () => {
  test("tools are intersected, exclusions added, limits lowered", () => {
    startIn(home);
    writeFileSync(
      join(home, "axoner.json"),
      '{"tools": ["scrape", "calculate"], "no_tools": ["calculate"], "max_turns": 500}',
    );
    const { config } = readConfig(["--tools", "calculate,query_data"]);
    expect(config).toMatchObject({ tools: ["calculate"], no_tools: ["calculate"], max_turns: 10 });
  });

  test("it sets no root, address, plugin, key, URL or folder", () => {
    startIn(home);
    const wanted = {
      root: ["/"],
      allow_private: ["127.0.0.1"],
      plugin: ["x.js"],
      allow_write: ["/"],
      workspace: "/x",
      base_url: "http://x",
      database: ["a=sqlite:x.db"],
      keys: {},
    };
    writeFileSync(join(home, "axoner.json"), JSON.stringify(wanted));
    const { config } = readConfig([]);
    expect(config).toMatchObject({
      roots: [home],
      allow_private: [],
      plugins: [],
      allow_write: [],
      workspace: join(home, ".axoner"),
      secrets: {},
      databases: {},
      agent_depth: 0,
    });
    expect(config.base_url).toBeUndefined();
  });
});

describe("roots and workspace", () => {
  test("the current folder is the root and holds the workspace", () => {
    startIn(home);
    expect(readConfig([]).config).toMatchObject({ roots: [home], workspace: join(home, ".axoner") });
  });

  test.each(["/", homedir(), "/etc", "/usr/lib"])(
    "without --root %s is none, and the workspace is the user's state folder",
    (folder) => {
      startIn(folder);
      expect(readConfig([]).config).toMatchObject({ roots: [], workspace: join(home, "state/axoner/workspace") });
    },
  );

  test("a root given by name is taken whatever it is", () => {
    startIn(home);
    expect(readConfig(["--root", "/etc", "--workspace", join(home, "w")]).config).toMatchObject({
      roots: ["/etc"],
      workspace: join(home, "w"),
    });
  });

  test("a default workspace that is a link is refused, one that is named may be a link", () => {
    startIn(home);
    mkdirSync(join(home, "elsewhere"));
    symlinkSync(join(home, "elsewhere"), join(home, ".axoner"));
    expect(() => readConfig([])).toThrow(/\.axoner is a link/);
    expect(() => readConfig([])).toThrow(ConfigError);
    expect(readConfig(["--workspace", join(home, ".axoner")]).config.workspace).toBe(join(home, "elsewhere"));
  });
});

describe("proxies", () => {
  const proxiesWith = (variables: Record<string, string>) => {
    startIn(home);
    for (const name of ["http_proxy", "https_proxy", "all_proxy", "no_proxy"])
      for (const known of [name, name.toUpperCase()]) vi.stubEnv(known, undefined);
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    return readConfig([]).config.proxies;
  };

  test.each<[Record<string, string>, object]>([
    [{}, { except: [] }],
    [{ http_proxy: "http://a:1" }, { http: "http://a:1/", except: [] }],
    [{ HTTP_PROXY: "a:1" }, { http: "http://a:1/", except: [] }],
    [{ HTTP_PROXY: "a:1", REQUEST_METHOD: "GET" }, { except: [] }],
    [
      { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:2" },
      { https: "http://b:2/", except: [] },
    ],
    [
      { ALL_PROXY: "http://a:1", https_proxy: "b:2" },
      { http: "http://a:1/", https: "http://b:2/", except: [] },
    ],
    [{ NO_PROXY: "a.b, .c  10.0.0.0/8" }, { except: ["a.b", ".c", "10.0.0.0/8"] }],
  ])("%j", (variables, expected) => {
    expect(proxiesWith(variables)).toEqual(expected);
  });

  test("that cannot be read are told by their variable alone", () => {
    expect(() => proxiesWith({ HTTPS_PROXY: "http://me:secret@:x" })).toThrow(/^HTTPS_PROXY is no address of a proxy/);
    expect(() => proxiesWith({ HTTPS_PROXY: "http://me:%ff@a" })).toThrow(/^HTTPS_PROXY is no address/);
  });
});
