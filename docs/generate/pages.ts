/**
 * The pages of the repository that are written by people, with sections that are written from the
 * code. `npm run docs` fills them; a test fails while a page on disk differs from what it would be.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { format } from "oxfmt";
import { root } from "../../test/house/packages.ts";
import { commonFailuresTable, operationSections, routesTable } from "./api.ts";
import { commandPages } from "./cli.ts";
import { settingsTable } from "./configuration.ts";
import { errorCatalogs, errorDefaults } from "./errors.ts";
import { floorsTable } from "./floors.ts";
import { eras, idsTable } from "./glossary.ts";
import { limitsTable } from "./limits.ts";
import { fillPlaces } from "./markdown.ts";
import { metricsTable } from "./metrics.ts";
import { runLimitsTable } from "./run-limits.ts";
import { methodsTable, outcomes, serverMessageTable, stagesTable } from "./stages.ts";

/** Every section by the name that its place in a page has. */
export const sections: Readonly<Record<string, () => string | Promise<string>>> = {
  api: routesTable,
  "api-failures": commonFailuresTable,
  "api-operations": operationSections,
  commands: commandPages,
  eras,
  errors: errorCatalogs,
  "error-defaults": errorDefaults,
  floors: floorsTable,
  ids: idsTable,
  limits: limitsTable,
  methods: methodsTable,
  metrics: metricsTable,
  outcomes,
  "run-limits": runLimitsTable,
  settings: settingsTable,
  stages: stagesTable,
  "server-messages": serverMessageTable,
};

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** All pages: at the root, under `docs/`, and the README of each package, app and example. */
export async function readPages(): Promise<Page[]> {
  const paths = await Promise.all([
    markdownIn("."),
    markdownIn("docs", { recursive: true }),
    ...["packages", "apps", "examples"].map(async (group) =>
      (
        await Promise.all((await readdir(join(root, group))).map((name) => markdownIn(`${group}/${name}`)))
      ).flat(),
    ),
  ]);
  return Promise.all(
    paths
      .flat()
      .toSorted()
      .map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })),
  );
}

async function markdownIn(folder: string, options: { recursive: boolean } = { recursive: false }) {
  const names = await readdir(join(root, folder), options);
  return names.filter((name) => name.endsWith(".md")).map((name) => join(folder, name));
}

/** The page as it is to be, formatted as all else in the repository. */
export async function renderPage({ path, text }: Page): Promise<string> {
  return formatted(path, await fillPlaces(text, sections));
}

/** A text of whichever language its path says, as `npm run format` would leave it. */
export async function formatted(path: string, text: string): Promise<string> {
  const { code, errors } = await format(path, text, await formatOptions());
  if (errors.length > 0) throw new Error(`${path} cannot be formatted: ${errors[0]?.message}`);
  return code;
}

async function formatOptions() {
  const { printWidth } = JSON.parse(await readFile(join(root, ".oxfmtrc.json"), "utf8")) as {
    printWidth: number;
  };
  return { printWidth };
}
