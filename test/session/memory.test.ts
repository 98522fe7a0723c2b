import { expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { openStore } from "../../src/session/index.ts";
import { describeSessionStore } from "../contracts/session-store.ts";

describeSessionStore("memory", () => openStore("memory:"));

test.each(["mongodb://:hunter2@host", "sqlite:", "C:\\sessions", "sessions", "", "file:", "constructor:x"])(
  "%j names no store, and the error says which there are",
  async (url) => {
    const opening = openStore(url);
    await expect(opening).rejects.toThrow(ConfigError);
    await expect(opening).rejects.toThrow(/(file|sqlite):/);
    await expect(opening).rejects.not.toThrow(/hunter2/);
  },
);
