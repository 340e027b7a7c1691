import { decodeBody, parseMessage } from "@castellan/mcp";
import type { Parsed, Received } from "../call.ts";
import { defineStage } from "./stage.ts";

export const parse = defineStage<Received, Parsed>({
  name: "parse",
  owner: "mcp",
  does: "body → one JSON-RPC message that two readers read alike",
  async run({ readBody }) {
    const body = await readBody();
    return { message: parseMessage(decodeBody(body)), bytesIn: body.byteLength };
  },
});
