import { defineConfig } from "vitest/config";

/** `npm run test:heavy`: kill, load and soak tests, one file at a time so that they do not disturb each other. */
export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/src/**/*.heavy.test.ts", "test/**/*.heavy.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
