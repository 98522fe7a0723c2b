/**
 * The process that runs DuckDB, one statement at a time, for `sql.ts`. It is killed to stop a statement, and it
 * ends itself when its parent is gone, whatever runs.
 */
import { openSession } from "./duckdb-session.ts";

// What the first statement may take. DuckDB opens in threads of its own while the rest is loaded.
const memoryLimitMb = Number(process.argv[2]);
const session = openSession(memoryLimitMb);
session.catch(() => undefined); // told to the statement that asks for it
const { serveStatements } = await import("./serve-statements.ts");
serveStatements({ memoryLimitMb, session });
