import { defineConfig } from "vitest/config";

/** What every test may take; a test that starts several processes on a busy machine needs the room. */
const limits = { testTimeout: 20_000, hookTimeout: 30_000, teardownTimeout: 10_000 };

export default defineConfig({
  test: {
    environment: "node",
    pool: "forks",
    projects: [
      {
        test: {
          name: "source",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/model/**"],
          pool: "forks",
          ...limits,
        },
      },
      {
        test: {
          name: "built",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/support/built.ts",
          pool: "forks",
          ...limits,
        },
      },
    ],
  },
});
