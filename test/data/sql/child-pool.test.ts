import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openChildPool } from "../../../src/data/sql/child-pool.ts";
import { startSqlChild, startSqlChildEarly } from "../../../src/data/sql/start-child.ts";

const workspace = join(tmpdir(), "axoner-no-such-workspace");
const start = () => startSqlChild({}, 256);

test("a process that was started before there was a pool is the first that is taken, and ends with the pool", async () => {
  const first = startSqlChildEarly({});
  const pool = openChildPool({ start, first, workspace });
  const child = pool.take();
  expect(child.pid).toBe(first.pid);
  const ended = once(child, "exit");
  await pool.close();
  await ended;
});

test("one that has ended by then is not taken", async () => {
  const first = startSqlChildEarly({});
  first.kill("SIGKILL");
  await once(first, "exit");
  const pool = openChildPool({ start, first, workspace });
  expect(pool.take().pid).not.toBe(first.pid);
  await pool.close();
});

test("the engine that a SQL process was started for gone, the process ends by itself", async () => {
  const child = startSqlChildEarly({});
  const ended = once(child, "exit");
  child.disconnect();
  await ended;
  expect(child.exitCode ?? child.signalCode).not.toBeNull();
});

test("of two that could wait for the next statement, the preferred one does", async () => {
  const pool = openChildPool({ start, workspace });
  const [plain, preferred] = [pool.take(), pool.take()];
  const ended = once(plain, "exit");
  pool.putBack(plain);
  pool.putBack(preferred, { preferred: true });
  await ended;
  expect(pool.take()).toBe(preferred);
  await pool.close();
});

test("one that waits can be claimed once, and then no statement takes it", async () => {
  const pool = openChildPool({ start, workspace });
  const child = pool.take();
  expect(pool.claim(child)).toBe(false);
  pool.putBack(child);
  expect(pool.claim(child)).toBe(true);
  expect(pool.claim(child)).toBe(false);
  expect(pool.take()).not.toBe(child);
  await pool.close();
});
