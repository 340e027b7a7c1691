/** What people work with lies sealed: code, what it returned and logged, and what its calls were answered. */
import { defineSealedColumn, type SealedColumn, type Vault } from "@castellan/vault";
import type { LogLine } from "@castellan/isolates";
import type { CallOutcomeText, RunEnding } from "../run.ts";

const code = defineSealedColumn({ table: "codemode_runs", idColumn: "id", column: "sealed_code" });
const result = defineSealedColumn({ table: "codemode_runs", idColumn: "id", column: "sealed_result" });
const logs = defineSealedColumn({ table: "codemode_runs", idColumn: "id", column: "sealed_logs" });
const outcome = defineSealedColumn({ table: "codemode_calls", idColumn: "id", column: "sealed_outcome" });

/** Where secrets of this package lie, for the rotation of the master key. */
export const codemodeSealedColumns = [code, result, logs, outcome];

type Sealer = Pick<Vault, "seal">;
type Opener = Pick<Vault, "open">;

export const sealCode = (vault: Sealer, run: string, text: string) => vault.seal(text, placeOf(code, run));
export const openCode = (vault: Opener, run: string, sealed: Uint8Array) => open(vault, code, run, sealed);

/** Null where there is nothing to keep. */
export function sealEnding(vault: Sealer, run: string, ending: RunEnding): Buffer {
  return vault.seal(JSON.stringify(ending), placeOf(result, run));
}

export function openEnding(vault: Opener, run: string, sealed: Uint8Array): RunEnding {
  return JSON.parse(open(vault, result, run, sealed)) as RunEnding;
}

/** Null where nothing was logged. */
export function sealLogs(vault: Sealer, run: string, lines: readonly LogLine[]): Buffer | null {
  return lines.length === 0 ? null : vault.seal(JSON.stringify(lines), placeOf(logs, run));
}

export function openLogs(vault: Opener, run: string, sealed: Uint8Array | null): readonly LogLine[] {
  return sealed === null ? [] : (JSON.parse(open(vault, logs, run, sealed)) as readonly LogLine[]);
}

/** `call`: the id of its row. */
export function sealOutcome(vault: Sealer, call: string, text: CallOutcomeText): Buffer {
  return vault.seal(JSON.stringify(text), placeOf(outcome, call));
}

export function openOutcome(vault: Opener, call: string, sealed: Uint8Array): CallOutcomeText {
  return JSON.parse(open(vault, outcome, call, sealed)) as CallOutcomeText;
}

function open(vault: Opener, column: SealedColumn, row: string, sealed: Uint8Array): string {
  return vault.open(sealed, placeOf(column, row)).toString("utf8");
}

function placeOf({ table, column }: SealedColumn, row: string) {
  return { table, row, column };
}
