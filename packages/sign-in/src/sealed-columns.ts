import type { SealedColumn } from "@castellan/vault";
import { passwordSealedColumn } from "./local/password-store.ts";
import { flowSealedColumn } from "./providers/flows.ts";
import { providerSealedColumn } from "./providers/provider-row.ts";

/** What a rotation visits. */
export const signInSealedColumns: readonly SealedColumn[] = [
  passwordSealedColumn,
  providerSealedColumn,
  flowSealedColumn,
];
