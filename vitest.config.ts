import { defineConfig } from "vitest/config";

/** `npm test`: everything that is quick. Kill, load and soak tests are `*.heavy.test.ts`, see the other file. */
export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.heavy.test.ts"],
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
