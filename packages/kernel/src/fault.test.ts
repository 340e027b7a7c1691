import { expect, test } from "vitest";
import { Fault, defineFaults, isFault } from "./fault.ts";

const catalog = defineFaults({
  door_closed: { owner: "caller", status: 403, help: "Knock." },
  roof_leaks: { owner: "system", status: 503, retryable: true, help: "Wait." },
});

test("a fault takes owner, status and retryability from its catalog row", () => {
  const cause = new Error("rain");
  const fault = catalog.fault("roof_leaks", "The roof leaks", { data: { room: 3 }, cause });
  expect(fault).toBeInstanceOf(Fault);
  expect({ ...fault, message: fault.message, cause: fault.cause }).toEqual({
    name: "Fault",
    code: "roof_leaks",
    owner: "system",
    status: 503,
    retryable: true,
    field: undefined,
    data: { room: 3 },
    message: "The roof leaks",
    cause,
  });
});

test("isFault narrows by code", () => {
  const fault = catalog.fault("door_closed", "Closed");
  expect(isFault(fault)).toBe(true);
  expect(isFault(fault, "door_closed")).toBe(true);
  expect(isFault(fault, "roof_leaks")).toBe(false);
  expect(isFault(new Error("x"))).toBe(false);
});
