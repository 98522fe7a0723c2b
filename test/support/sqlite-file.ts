import { DatabaseSync } from "node:sqlite";

/** Write a SQLite database. */
export function makeSqlite(path: string, sql: string): void {
  const made = new DatabaseSync(path);
  made.exec(sql);
  made.close();
}
