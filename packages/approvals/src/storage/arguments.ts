/** What exactly is asked for, sealed: it may hold what only the asker and those who decide should read. */
import { defineSealedColumn, type Vault } from "@castellan/vault";
import { approvalFaults } from "../faults.ts";

/** More nobody reads before they say yes. */
const maxArgumentsBytes = 256 * 1024;

const column = defineSealedColumn({ table: "approvals", idColumn: "id", column: "sealed_arguments" });

/** Where secrets of this package lie, for the rotation of the master key. */
export const approvalSealedColumns = [column];

/** Fault: `approval_too_large`. */
export function sealArguments(vault: Pick<Vault, "seal">, id: string, text: string): Buffer {
  if (Buffer.byteLength(text) > maxArgumentsBytes)
    throw approvalFaults.fault(
      "approval_too_large",
      `The arguments are longer than the ${maxArgumentsBytes / 1024} KiB that a person is asked to judge`,
      { data: { maxBytes: maxArgumentsBytes } },
    );
  return vault.seal(text, contextOf(id));
}

export function openArguments(vault: Pick<Vault, "open">, id: string, sealed: Uint8Array): string {
  return vault.open(sealed, contextOf(id)).toString("utf8");
}

function contextOf(row: string) {
  return { table: column.table, row, column: column.column };
}
