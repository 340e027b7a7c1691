import type { MigrationSet } from "@castellan/database";
import type { SealedColumn } from "@castellan/vault";
import { clientMigrations } from "./clients/migrations.ts";
import { storageMigrations, storageSealedColumns } from "./storage/migrations.ts";

/** To be applied after those of `@castellan/access`. */
export const oauthMigrations: MigrationSet = [...storageMigrations, ...clientMigrations];

export const oauthSealedColumns: readonly SealedColumn[] = storageSealedColumns;
