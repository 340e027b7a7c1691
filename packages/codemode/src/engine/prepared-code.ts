/** Code as it is run: made ready once for a pass. */
import type { Binding, Program, RunLimits } from "@castellan/isolates";
import type { Vault } from "@castellan/vault";
import { toProgram } from "../inside/to-program.ts";
import type { Language } from "../language/language.ts";
import type { Run } from "../run.ts";

export interface PreparedCode {
  /** Its lines are those of the code. */
  readonly module: string;
  program(host: Binding): Program;
}

export interface PrepareOptions {
  readonly language: Pick<Language, "toModule">;
  readonly vault: Pick<Vault, "mac">;
  readonly limits?: Partial<RunLimits> | undefined;
}

/** Throws `code_invalid`, `code_too_large`, and the signal's reason. */
export async function prepareCode(
  { language, vault, limits }: PrepareOptions,
  { run, code }: { readonly run: Run; readonly code: string },
  signal: AbortSignal,
): Promise<PreparedCode> {
  const module = await language.toModule(code, signal);
  const { id, room, caller, startedAt } = run;
  const seed = vault.mac("codemode/seed", id).toString("hex");
  return {
    module,
    program: (host) =>
      toProgram({
        module,
        room: room.kind,
        seed,
        startedAtMs: startedAt.getTime(),
        owner: caller.principalId,
        limits,
        host,
      }),
  };
}
