import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresStore } from "../../src/session/postgres.ts";
import { openRedisStore } from "../../src/session/redis.ts";
import { temporaryFolder } from "../support/config.ts";
import { startPostgres, type PostgresServer } from "../support/postgres.ts";
import { startRedis, type RedisServer } from "../support/redis.ts";
import { appendOf, appendsOf, killWriters } from "../support/session-kills.ts";
import { appendInTrouble, lineTroubles } from "../support/store-trouble.ts";

/* The short form of bench/sessions.ts, which kills each store's writers hundreds of times. */

const largeBytes = 3_000_000;
const shortly = { rounds: 2, largeBytes };

let postgres: PostgresServer;
let redis: RedisServer;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
});

afterAll(() => Promise.all([postgres.stop(), redis.stop()]));

describe("writers that are killed at random moments, two on one session", () => {
  test.each([
    ["file", () => ({ url: `file:${temporaryFolder()}` })],
    ["file, durable", () => ({ url: `file:${temporaryFolder()}`, durable: true })],
    ["SQLite", () => ({ url: `sqlite:${join(temporaryFolder(), "a.db")}` })],
    ["Redis", () => ({ url: redis.url })],
    ["PostgreSQL", () => ({ url: postgres.superuserUrl })],
  ])("leave in %s what they had acknowledged, in order and once", { timeout: 60_000 }, async (_store, where) => {
    const { kills, acknowledged, problems } = await killWriters({ ...shortly, ...where() });
    expect(problems).toEqual([]);
    expect(kills).toBe(4);
    expect(acknowledged).toBeGreaterThan(0);
  });

  test("are found out where an append is lost, doubled, out of order or not whole", () => {
    const append = (index: number) => appendOf("red", index, 50);
    const looked = (messages: ReturnType<typeof append>) => appendsOf("red", messages, 50);
    expect(looked([...append(0), ...appendOf("blue", 0, 50), ...append(1)])).toEqual({ found: 2, problems: [] });
    expect(looked([...append(0), ...append(2)]).problems).toHaveLength(1);
    expect(looked([...append(0), ...append(0)]).problems).toHaveLength(1);
    expect(looked([...append(1), ...append(0)]).problems).toHaveLength(2);
    expect(looked([...append(0), ...append(1).slice(0, 1)]).problems).toHaveLength(1);
    expect(looked([...append(3).slice(0, 1), ...append(4)]).problems.length).toBeGreaterThan(0);
  });
});

describe("in the middle of appends", () => {
  const crash = (server: { crash(): Promise<void>; start(): Promise<void> }) => ({
    name: "restarted after a crash",
    async make() {
      await server.crash();
      await server.start();
    },
  });
  const whole = expect.objectContaining({ problems: [] });

  test.each(["cut off", "held for a while", "restarted after a crash"])(
    "Redis is %s, and every append is there once",
    { timeout: 60_000 },
    async (name) => {
      const trouble = [...lineTroubles(500), crash({ crash: redis.kill, start: redis.start })].find(
        (one) => one.name === name,
      );
      if (trouble === undefined) throw new TypeError(name);
      const open = async (port: number) => openRedisStore(redis.url.replace(`:${redis.port}/`, `:${port}/`));
      expect(await appendInTrouble(trouble, { serverPort: redis.port, open, times: 2, largeBytes })).toEqual(whole);
    },
  );

  test.each(["cut off", "held for a while", "restarted after a crash"])(
    "PostgreSQL is %s, and every append is there once",
    { timeout: 60_000 },
    async (name) => {
      const trouble = [...lineTroubles(500), crash(postgres)].find((one) => one.name === name);
      if (trouble === undefined) throw new TypeError(name);
      const url = (port: number) => postgres.superuserUrl.replace(`:${postgres.port}/`, `:${port}/`);
      const open = async (port: number) => openPostgresStore(url(port));
      expect(await appendInTrouble(trouble, { serverPort: postgres.port, open, times: 2, largeBytes })).toEqual(whole);
    },
  );
});
