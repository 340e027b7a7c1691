/** Failures as HTTP answers: RFC 9457 problem details, one mapper for everything that is plain HTTP. */
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";

export const problemMediaType = "application/problem+json";

/**
 * A fault as `application/problem+json`. What `data` holds is spread beside the named members and
 * cannot replace them; `retryAfterSeconds` in it becomes `Retry-After` too.
 */
export function problemResponse(
  fault: Fault,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const retryAfter = fault.data?.["retryAfterSeconds"];
  return new Response(problemBody(fault, requestId), {
    status: fault.status,
    headers: {
      "Content-Type": problemMediaType,
      ...(typeof retryAfter === "number" && { "Retry-After": String(retryAfter) }),
      ...headers,
    },
  });
}

/** The body alone, for where there is no `Response`. */
export function problemBody(fault: Fault, requestId: string): string {
  return JSON.stringify({
    ...fault.data,
    type: `urn:castellan:fault:${fault.code}`,
    title: titleOf(fault.code),
    status: fault.status,
    code: fault.code,
    detail: fault.message,
    ...(fault.field !== undefined && { field: fault.field }),
    requestId,
  });
}

/** What the caller is told: a fault as it is, anything else as `internal_error` without its message. */
export function toFault(error: unknown): Fault {
  if (isFault(error)) return error;
  return kernelFaults.fault(
    "internal_error",
    "Something failed on our side; the request id finds it in the log",
    {
      cause: error,
    },
  );
}

function titleOf(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
