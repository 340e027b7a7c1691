/** The program as it is sent: its modules and the harness, which gets a name that none of them has. */
import type { Program, RunLimits } from "../program.ts";
import type { Order } from "../wire/message.ts";

export function toOrder(
  program: Program,
  rest: { readonly harness: string; readonly limits: RunLimits; readonly fence: string },
): { readonly order: Order; readonly body: string } {
  const own = Object.entries(program.modules);
  const harnessName = nameBeside(program.modules);
  const texts = [...own.map(([, text]) => text), rest.harness, program.input];
  const order: Order = {
    t: "run",
    harness: harnessName,
    mainModule: program.mainModule,
    modules: [...own.map(([name]) => name), harnessName],
    lengths: texts.map((text) => text.length),
    compatibilityDate: program.compatibilityDate,
    compatibilityFlags: program.compatibilityFlags ?? [],
    bindings: Object.keys(program.bindings),
    outbound: program.outbound !== undefined,
    callsAtATime: rest.limits.callsAtATime,
    bytesOut: rest.limits.bytesOut,
    fence: rest.fence,
  };
  return { order, body: texts.join("") };
}

function nameBeside(modules: Program["modules"]): string {
  let name = "harness.js";
  while (Object.hasOwn(modules, name)) name = `_${name}`;
  return name;
}
