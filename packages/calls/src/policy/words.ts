/** What a call is, in words for people who are told of it. */
import type { ForwardTarget } from "../call.ts";

const maxNameChars = 128;

/** `tools/call of "x"`. Of a method that only its server knows, its name. */
export function whatOf({ request, capability }: Pick<ForwardTarget, "request" | "capability">): string {
  if (capability.kind === "server") return request.method.slice(0, maxNameChars);
  return `${request.method} of ${JSON.stringify(capability.publicName.slice(0, maxNameChars))}`;
}
