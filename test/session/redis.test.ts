import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AxonerError, ConfigError, errorMessage } from "../../src/errors.ts";
import { openStore } from "../../src/session/index.ts";
import { openRedisStore } from "../../src/session/redis.ts";
import { describeSessionStore, say, texts } from "../contracts/session-store.ts";
import { freePort } from "../support/free-port.ts";
import { startRedis, type RedisServer } from "../support/redis.ts";

let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await startRedis();
  admin = new Redis({ port: server.port, password: server.password });
});

afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

describeSessionStore("Redis", async () => {
  await admin.flushall();
  return openStore(server.url);
});

test("sessions end when nobody has written to them for as long as the URL says", async () => {
  await admin.flushall();
  const store = openRedisStore(`${server.url}?ttl=1h`);
  await store.append("a", 0, [say("1")]);
  const keys = (await admin.keys("axoner:*:a")).toSorted();
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(await admin.pttl(key)).toBeGreaterThan(3_500_000);
  await admin.del(...keys); // as Redis does it then
  expect(await store.load("a")).toBeUndefined();
  expect(await store.list(10)).toEqual([]);
  await store.append("a", 0, [say("anew")]);
  expect(texts(await store.load("a"))).toEqual(["anew"]);
  await store.close();
});

test("a conversation of which the server has thrown away the messages is reported", async () => {
  await admin.flushall();
  const store = openRedisStore(server.url);
  await store.append("a", 0, [say("1")]);
  await admin.del("axoner:{sessions}:log:a");
  await expect(store.load("a")).rejects.toThrow(/evicts keys/);
  await store.close();
});

test("durable is refused where the server may lose a second of what it acknowledged", async () => {
  await admin.config("SET", "appendfsync", "everysec");
  const store = openRedisStore(server.url, { durable: true });
  await expect(store.load("a")).rejects.toThrow(ConfigError);
  await expect(store.load("a")).rejects.toThrow(/appendfsync is everysec/);
  await admin.config("SET", "appendfsync", "always");
  await store.append("durable", 0, [say("1")]);
  await store.close();
});

test("what is wrong with the server is said without the password", async () => {
  const store = openRedisStore(`redis://:hunter2@127.0.0.1:${server.port}`);
  const failure: unknown = await store.load("a").catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(AxonerError);
  expect(errorMessage(failure)).toMatch(/127\.0\.0\.1.*cannot be used/);
  expect(errorMessage(failure)).not.toContain("hunter2");
  await store.close();
});

test.each([
  "redis:",
  "redis://",
  "redis://:hunter2@host/x",
  "redis://:hunter2@host?ttl=soon",
  "redis://:hunter2@host?a=b",
])("%j is refused, and what it holds is not told", (url) => {
  expect(() => openRedisStore(url)).toThrow(ConfigError);
  expect(() => openRedisStore(url)).not.toThrow(/hunter2/);
});

test("a server that is not there is said after seconds, with the reason", async () => {
  const store = openRedisStore(`redis://:hunter2@127.0.0.1:${await freePort()}`);
  const failure: unknown = await store.load("a").catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(AxonerError);
  expect(errorMessage(failure)).toMatch(
    /reading the sessions at 127\.0\.0\.1:\d+ did not work for 5 s: .*ECONNREFUSED/,
  );
  await store.close();
});
