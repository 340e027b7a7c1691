/** One cell of the table of eras: how a caller of one era is served by a server of the same or the other one. */
import type { Admitted, Answer, Approved, ForwardTarget, Resolved } from "../call.ts";
import type { Deadline } from "../limits/deadline.ts";
import type { CallPorts } from "../stages/stage.ts";

export interface CellCall {
  readonly call: Admitted & Resolved & Pick<Approved, "approved">;
  readonly target: ForwardTarget;
  /** Held while a person is asked something; absent where the call may take as long as it likes. */
  readonly deadline?: Pick<Deadline, "hold"> | undefined;
}

/** Carries a call to its server and brings its answer back. Throws what `Channel.request` does, and faults of its own. */
export type Cell = (cell: CellCall, ports: CallPorts) => Promise<Answer>;
