/** A failure as it is told to the replica that asked, and made again there. */
import { Fault, isFault, kernelFaults, type FaultOwner } from "@castellan/kernel";

export interface ToldFault {
  readonly code: string;
  readonly message: string;
  readonly owner: FaultOwner;
  readonly status: number;
  readonly retryable: boolean;
  readonly field?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What is no fault is `internal_error`, and keeps its words to itself. */
export function tellFault(error: unknown): ToldFault {
  const fault = isFault(error)
    ? error
    : kernelFaults.fault("internal_error", "The replica that holds the exchange failed");
  const { code, message, owner, status, retryable, field, data } = fault;
  return {
    code,
    message,
    owner,
    status,
    retryable,
    ...(field !== undefined && { field }),
    ...(data !== undefined && { data }),
  };
}

/** The same fault; its `help` is only in the catalog of the package that declared it. */
export function remakeFault({ code, message, owner, status, retryable, field, data }: ToldFault): Fault {
  return new Fault(code, { owner, status, retryable, help: "" }, message, {
    ...(field !== undefined && { field }),
    ...(data !== undefined && { data }),
  });
}
