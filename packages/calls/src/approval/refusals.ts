/** What a caller is told that cannot be asked on the way, or whose request came to a bad end. */
import { approvalFaults, type Approval } from "@castellan/approvals";
import { createId, isFault, type Fault } from "@castellan/kernel";
import { elicitationOf } from "../asking/errand.ts";

interface Waiting {
  readonly request: Pick<Approval, "id" | "expiresAt">;
  readonly url: string;
  readonly message: string;
  /** Whether the client knows the error that has a page opened (2025-11-25, `URLElicitationRequiredError`). */
  readonly opensPages: boolean;
}

export function approvalRequired({ request, url, message, opensPages }: Waiting): Fault {
  return approvalFaults.fault(
    "approval_required",
    `${message} See ${url}, and send the same call again afterwards`,
    {
      data: {
        url,
        approvalId: request.id,
        expiresAt: request.expiresAt.toISOString(),
        ...(opensPages && { elicitations: [elicitationOf({ url, message }, createId("request"))] }),
      },
    },
  );
}

/** Of a request that came to one: `approval_rejected`, `approval_expired`, `approval_withdrawn`. */
export function badEnd({ id, state, rejection }: Approval): Fault | undefined {
  const data = { approvalId: id };
  if (state === "rejected") {
    const reason = rejection?.reason ? `: ${rejection.reason}` : "";
    return approvalFaults.fault("approval_rejected", `Somebody who may decide said no${reason}`, { data });
  }
  if (state === "expired")
    return approvalFaults.fault("approval_expired", "Nobody decided in time", { data });
  if (state === "withdrawn")
    return approvalFaults.fault("approval_withdrawn", "The request was taken back", { data });
  return undefined;
}

/** The request that a refusal is about. */
export function approvalIn(fault: Fault | undefined): string | undefined {
  const id = isFault(fault) && fault.code.startsWith("approval_") ? fault.data?.["approvalId"] : undefined;
  return typeof id === "string" ? id : undefined;
}
