import { open, readdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { confine, openSession, type DuckDbSession } from "../../../src/data/sql/duckdb-session.ts";
import { quoteText } from "../../../src/data/sql-text.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;
let session: DuckDbSession;

beforeEach(async () => {
  folder = await openDataFolder();
  session = await openSession(256);
});

afterEach(async () => {
  session.close();
  await folder.close();
});

test("a confined session reads the paths it was given and nothing else", async () => {
  const given = await folder.write("given.csv", "a\n1\n");
  const other = await folder.write("other.csv", "a\n2\n");
  await confine(session, { paths: [given], temporaryFolder: undefined });
  const { connection } = session;
  expect((await connection.runAndReadAll(`select a from read_csv(${quoteText(given)})`)).getRowsJson()).toEqual([
    ["1"],
  ]);
  const refused = [
    `select * from read_csv(${quoteText(other)})`,
    `select * from read_text(${quoteText(other)})`,
    `select * from read_csv(${quoteText(`${given}/../other.csv`)})`,
    `copy (select 1) to ${quoteText(`${folder.root}/made.csv`)}`,
    `attach ${quoteText(`${folder.root}/made.db`)}`,
    "install httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false",
    `set temp_directory = ${quoteText(folder.root)}`,
    "set allowed_directories = ['/']",
  ];
  for (const sql of refused)
    await expect(connection.run(sql)).rejects.toThrow(/disabled|locked|configuration|Permission/);
});

test("a confined session reads no file that its process has open, and writes beside none of its own", async () => {
  const [given, other] = [await folder.write("given.csv", "a\n1\n"), await folder.write("other.csv", "a\n2\n")];
  const handle = await open(other);
  try {
    await confine(session, { paths: [given], temporaryFolder: undefined });
    const refused = [
      `select * from read_csv('/proc/self/fd/${handle.fd}')`,
      `select * from read_text('/dev/fd/${handle.fd}')`,
      `select * from read_blob('/proc/${process.pid}/fd/${handle.fd}')`,
      `copy (select 1) to ${quoteText(`${given}.tmp`)}`,
    ];
    for (const sql of refused) await expect(session.connection.run(sql)).rejects.toThrow(/disabled|Permission/);
    expect(await readdir(folder.root)).toEqual(["given.csv", "other.csv"]);
  } finally {
    await handle.close();
  }
});
