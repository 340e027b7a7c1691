import type { Command } from "commander";
import type { CatalogOptions } from "../commands/catalog.ts";
import type { SessionOptions } from "../session.ts";
import { open, remote, type Surroundings } from "./command.ts";

export function addCatalogCommand(program: Command, { terminal }: Surroundings): void {
  remote(program, "catalog", "the servers that you may use, and where")
    .option("--portal <portal>", "only those of this portal")
    .option("--search <text>", "only with this text in slug, title or description")
    .action(async (options: SessionOptions & CatalogOptions) => {
      const { listCatalog } = await import("../commands/catalog.ts");
      await listCatalog(await open(options, terminal), options);
    });
}
