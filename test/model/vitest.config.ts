import { defineConfig } from "vitest/config";

/** Not part of `npm test`: `npm run test:model` starts the model and then this. */
export default defineConfig({
  test: { include: ["test/model/**/*.test.ts"], pool: "forks", testTimeout: 120_000, fileParallelism: false },
});
