import type { Admitted, Entered, Unwrapped } from "../call.ts";
import { defineStage } from "./stage.ts";

/**
 * Before anything is judged, so that every later stage judges the call that is meant, as it would have judged it
 * had the caller made it in the common way: there is no second way to a server.
 */
export const unwrap = defineStage<Admitted & Entered, Unwrapped>({
  name: "unwrap",
  owner: "portal",
  does: "a call of `portal_execute` → the call of the tool that it names",
  run({ message, portal, child }) {
    // Code calls the tools that it means.
    if (child) return { message, via: undefined };
    const name =
      message.kind === "request" && message.method === "tools/call" ? message.params?.["name"] : undefined;
    const tool = typeof name === "string" ? portal.ownTool(name) : undefined;
    const meant = message.kind === "request" ? tool?.unwrap?.(message) : undefined;
    return meant ? { message: meant, via: tool?.name } : { message, via: undefined };
  },
});
