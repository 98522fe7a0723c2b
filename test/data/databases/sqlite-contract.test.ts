import { join } from "node:path";
import { describeDatabase } from "../../contracts/database.ts";
import { openDataFolder } from "../../support/data-folder.ts";
import { makeSqlite } from "../../support/sqlite-file.ts";

describeDatabase("SQLite", async (limits) => {
  const folder = await openDataFolder(limits);
  makeSqlite(
    join(folder.root, "people.db"),
    "create table people (id integer primary key, name text, born date);" +
      "insert into people values (1, 'Ada', '1815-12-10'), (2, 'Alan', '1912-06-23'), (3, 'Grace', '1906-12-09')",
  );
  return {
    folder,
    database: "sqlite:people.db",
    series: (count, chars) =>
      `with recursive s(n) as (select 1 union all select n + 1 from s limit ${count}) select n, substr(replace(hex(zeroblob(${chars})), '0', 'x'), 1, ${chars}) as t from s`,
    endless: "with recursive s(n) as (select 1 union all select n + 1 from s) select max(n) from s",
    close: folder.close,
  };
});
