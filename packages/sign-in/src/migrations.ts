import type { MigrationSet } from "@castellan/database";
import { localMigrations } from "./local/migrations.ts";
import { providerMigrations } from "./providers/migrations.ts";

export const signInMigrations: MigrationSet = [...localMigrations, ...providerMigrations];
