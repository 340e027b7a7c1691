/** Definitions of all operations, together no longer than a server's list may be. */
import { Unusable } from "../document/unusable.ts";
import type { Described, Operation } from "./operation.ts";
import type { UntoldOperation } from "./read-operations.ts";
import type { Schemas } from "./schemas/schemas.ts";
import { toolText, type ToolLimits } from "./tool.ts";

/** What a server lists may have 8 Mi characters. */
const maxChars = 7 * 1024 * 1024;

/** From the most detail to the least: answers give way first, since a call can be made without knowing what comes back. */
const steps: readonly ToolLimits[] = [
  { input: 48 * 1024, output: 12 * 1024 },
  { input: 48 * 1024, output: 4 * 1024 },
  { input: 48 * 1024, output: 1024 },
  { input: 24 * 1024, output: 0 },
  { input: 8 * 1024, output: 0 },
  { input: 2 * 1024, output: 0 },
  { input: 512, output: 0 },
];

export function fitTools(
  untold: readonly UntoldOperation[],
  schemas: Schemas,
  onSkip: (operation: UntoldOperation, reason: string) => void,
): readonly Operation[] {
  let usable = untold;
  for (const limits of steps) {
    const told: Operation[] = [];
    const unusable = new Set<UntoldOperation>();
    let chars = 0;
    for (const operation of usable) {
      const tool = tellable(operation, schemas, limits, onSkip);
      if (!tool) {
        unusable.add(operation);
        continue;
      }
      chars += tool.text.length;
      const { parts, ...rest } = operation;
      const { name, parameters, body } = parts;
      told.push({
        ...rest,
        parameters: parameters.map(withoutDescription),
        body: body && withoutDescription(body),
        tool: { name, ...tool },
      });
      if (chars > maxChars) break;
    }
    if (chars <= maxChars) return told;
    usable = usable.filter((operation) => !unusable.has(operation));
  }
  return tooMany(usable, onSkip);
}

function tellable(
  operation: UntoldOperation,
  schemas: Schemas,
  limits: ToolLimits,
  onSkip: (operation: UntoldOperation, reason: string) => void,
) {
  try {
    return toolText(operation.parts, schemas, limits);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    onSkip(operation, error.message);
    return undefined;
  }
}

function withoutDescription<T extends Described>({
  description: _description,
  schema: _schema,
  ...rest
}: T): Omit<T, keyof Described> {
  return rest;
}

function tooMany(
  operations: readonly UntoldOperation[],
  onSkip: (operation: UntoldOperation, reason: string) => void,
): readonly Operation[] {
  for (const operation of operations)
    onSkip(operation, "is of a document whose operations take too much room");
  return [];
}
