import { classify as classifyMessage } from "@castellan/mcp";
import type { Classified, Parsed, Received } from "../call.ts";
import { defineStage } from "./stage.ts";

export const classify = defineStage<Received & Parsed, Classified>({
  name: "classify",
  owner: "mcp",
  does: "era and version, once; headers and body must agree",
  run: ({ message, protocolHeaders }) => ({ protocol: classifyMessage(message, protocolHeaders) }),
});
