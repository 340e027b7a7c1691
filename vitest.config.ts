import { defineConfig } from "vitest/config";

const common = {
  exclude: ["**/node_modules/**", "**/*.heavy.test.ts"],
  pool: "forks" as const,
  // What is waited for comes; how soon is up to a shared machine.
  expect: { poll: { timeout: 15_000 } },
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

/** What looks at transactions of the whole PostgreSQL: nobody else's may be open meanwhile. */
const alone = ["packages/database/src/change-{log,feed}.test.ts"];

/** `npm test`: everything that is quick. Kill, load and soak tests are `*.heavy.test.ts`, see the other file. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "quick",
          include: ["{packages,apps,examples}/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...common.exclude, ...alone],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { ...common, name: "alone", include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
