/**
 * A tool as data: name, schemas, annotations and what it does, in one record. `registerTool` is the only
 * place that knows how a record becomes MCP.
 */
import type { Icon, McpServer, ToolAnnotations } from "@modelcontextprotocol/server";
import type { z } from "zod";
import { Refusal } from "./invoice.ts";
import type { InvoiceStore } from "./store.ts";

/** What a tool works with. */
export interface Desk {
  readonly store: InvoiceStore;
  readonly now: () => Date;
  /** Told about failures that are ours; the caller gets no detail of them. */
  readonly onError: (error: unknown) => void;
}

export interface ToolAnswer<Output> {
  /** One or two sentences for a model that does not read structured content. */
  readonly text: string;
  readonly value: Output;
}

interface ToolRecord<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly icon: string;
  readonly input: Input;
  readonly output: Output;
  /** All four hints are said: clients assume the worst of what is left out. */
  readonly annotations: Required<Omit<ToolAnnotations, "title">>;
  run(input: z.output<Input>, desk: Desk): ToolAnswer<z.input<Output>> | Promise<ToolAnswer<z.input<Output>>>;
}

/** A tool that can be registered, its types folded away. */
export interface Tool {
  readonly name: string;
  register(server: McpServer, desk: Desk): void;
}

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: ToolRecord<Input, Output>,
): Tool {
  return Object.freeze({
    name: tool.name,
    register: (server: McpServer, desk: Desk) => registerTool(server, desk, tool),
  });
}

/** An emoji as a scalable icon, self-contained so that a client has nothing to fetch. */
export function emojiIcon(emoji: string): Icon {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><text y="52" font-size="52">${emoji}</text></svg>`;
  return {
    src: `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`,
    mimeType: "image/svg+xml",
    sizes: ["any"],
  };
}

function registerTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  server: McpServer,
  desk: Desk,
  tool: ToolRecord<Input, Output>,
): void {
  const config = {
    title: tool.title,
    description: tool.description,
    icons: [emojiIcon(tool.icon)],
    inputSchema: tool.input as z.ZodObject,
    outputSchema: tool.output as z.ZodObject,
    annotations: tool.annotations,
  };
  server.registerTool(tool.name, config, async (input) => {
    try {
      // The SDK has parsed the arguments with `tool.input`.
      const { text, value } = await tool.run(input as z.output<Input>, desk);
      return { content: [{ type: "text", text }], structuredContent: value };
    } catch (error) {
      if (error instanceof Refusal)
        return { isError: true, content: [{ type: "text", text: error.message }] };
      desk.onError(error);
      return {
        isError: true,
        content: [{ type: "text", text: "The invoice service failed. Try again later." }],
      };
    }
  });
}
