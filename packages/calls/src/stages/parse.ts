import { decodeBody, parseMessage } from "@castellan/mcp";
import type { Parsed, Received } from "../call.ts";
import { defineStage } from "./stage.ts";

export const parse = defineStage<Received, Parsed>({
  name: "parse",
  owner: "mcp",
  does: "body → one JSON-RPC message that two readers read alike",
  run: ({ child, readBody }) => (child ? child.read() : parsed(readBody())),
});

async function parsed(body: Promise<Uint8Array>): Promise<Parsed> {
  const bytes = await body;
  return { message: parseMessage(decodeBody(bytes)), bytesIn: bytes.byteLength };
}
