/** What a notice says, on its way: sealed, since it may tell of what only its readers may know. */
import { defineSealedColumn, type Vault } from "@castellan/vault";

export const noticeSealedColumn = defineSealedColumn({
  table: "notices",
  idColumn: "id",
  column: "sealed_body",
});

export function sealBody(vault: Pick<Vault, "seal">, id: string, body: string): Buffer {
  return vault.seal(body, { ...noticeSealedColumn, row: id });
}

/** Throws `vault_open_failed`, `vault_key_missing`. */
export function openBody(vault: Pick<Vault, "open">, id: string, sealed: Buffer): string {
  return vault.open(sealed, { ...noticeSealedColumn, row: id }).toString("utf8");
}
