import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** `npm test`: everything that is quick. Kill, load and soak tests are `*.heavy.test.ts`, see the other file. */
export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.heavy.test.ts"],
    pool: "forks",
    // Most tests wait for PostgreSQL and sockets: with one worker a machine of two cores is half idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
