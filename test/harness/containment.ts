/**
 * Whether this machine can contain a program. Where it cannot, tests of contained programs are left out and say why in their
 * names; under `CASTELLAN_TEST_CONTAINMENT=required`, which `.ci/run` sets, they run and fail.
 */
import { checkContainment } from "@castellan/isolates";

const { isContained, missing } = await checkContainment("required");

export const containmentHere = {
  canContain: isContained || process.env["CASTELLAN_TEST_CONTAINMENT"] === "required",
  why: missing.join(" "),
};
