import { afterAll, beforeAll } from "vitest";
import { describeDatabase } from "../../contracts/database.ts";
import { openDataFolder } from "../../support/data-folder.ts";
import { startPostgres, type PostgresServer } from "../../support/postgres.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
  await server.admin.query("create table people (id int primary key, name text, born date)");
  await server.admin.query(
    "insert into people values (1, 'Ada', '1815-12-10'), (2, 'Alan', '1912-06-23'), (3, 'Grace', '1906-12-09')",
  );
  await server.admin.query("grant select on people to reader");
});

afterAll(() => server.stop());

describeDatabase("PostgreSQL", async (limits) => {
  const folder = await openDataFolder({ ...limits, urls: { shop: server.url } });
  return {
    folder,
    database: "shop",
    series: (count, chars) => `select generate_series(1, ${count}) as n, repeat('x', ${chars}) as t`,
    endless: "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000000) b",
    close: folder.close,
  };
});
