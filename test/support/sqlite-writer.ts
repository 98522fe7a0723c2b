/** A process that holds a SQLite database open, and runs on it what it is sent. */
import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(process.argv[2] ?? "");
process.on("message", (sql: string) => {
  database.exec(sql);
  process.send?.("done");
});
process.on("disconnect", () => database.close());
process.send?.("ready");
