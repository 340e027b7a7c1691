import { defineConfig } from "vitest/config";

const common = {
  exclude: ["**/node_modules/**"],
  pool: "forks" as const,
  // What is waited for comes; how soon is up to a shared machine.
  expect: { poll: { timeout: 15_000 } },
  testTimeout: 300_000,
  hookTimeout: 120_000,
};

/** What loads a machine or looks at all processes: one file at a time. */
const alone = [
  "test/heavy/*.heavy.test.ts",
  "test/field-lessons/12-memory.heavy.test.ts",
  "packages/database/src/**/*.heavy.test.ts",
];

/** `npm run test:heavy`: kill, load, soak, replica and conformance tests. What mostly waits for something runs two files at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "heavy",
          include: ["{packages,apps,examples}/*/src/**/*.heavy.test.ts", "test/**/*.heavy.test.ts"],
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
