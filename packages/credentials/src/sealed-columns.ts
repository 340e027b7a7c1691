import type { SealedColumn } from "@castellan/vault";
import { accountSealedColumns } from "./accounts/sealed-account.ts";
import { identitySealedColumns } from "./identity/keys.ts";
import { linkSealedColumns } from "./links/storage/flows.ts";
import { upstreamClientSealedColumns } from "./oauth/client-store.ts";

/** Where secrets of this package lie, for the rotation of the master key. */
export const credentialSealedColumns: readonly SealedColumn[] = [
  ...accountSealedColumns,
  ...linkSealedColumns,
  ...upstreamClientSealedColumns,
  ...identitySealedColumns,
];
