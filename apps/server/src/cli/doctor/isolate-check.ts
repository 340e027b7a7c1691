/** How programs of strangers would run here: by starting one process as a server would. */
import { ok, problem, warning, type Check } from "./check.ts";

const name = "Isolates";

export const isolateCheck: Check = {
  name,
  run: async ({ terminal }) => {
    const [{ readConfig, containmentOf }, { checkContainment }] = await Promise.all([
      import("../../config/settings.ts"),
      import("@castellan/isolates"),
    ]);
    const mode = containmentOf(readConfig(terminal.env));
    const { isContained, how, missing } = await checkContainment(mode);
    const advice = `${missing.join(" ")} See "Programs of strangers" in docs/operating.md.`.trim();
    if (isContained) {
      const told = `programs run contained: ${how}`;
      return missing.length === 0 ? [ok(name, told)] : [warning(name, told, advice)];
    }
    if (mode === "none") return [ok(name, "programs run plain, as CASTELLAN_ISOLATES_CONTAINMENT says")];
    return mode === "required"
      ? [problem(name, "programs are to run contained, and cannot: Code Mode does not work", advice)]
      : [warning(name, "programs run plain, without containment", advice)];
  },
};
