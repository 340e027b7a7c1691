/** The MCP face of the service: one server object per request or connection, over one store. */
import { McpServer } from "@modelcontextprotocol/server";
import { registerPrompts } from "./prompts.ts";
import { registerResources } from "./resources.ts";
import { type Desk, type Tool, emojiIcon } from "./tool.ts";
import { createInvoice } from "./tools/create-invoice.ts";
import { getInvoice } from "./tools/get-invoice.ts";
import { listInvoices } from "./tools/list-invoices.ts";
import { payInvoiceTool } from "./tools/pay-invoice.ts";
import { remindInvoiceTool } from "./tools/remind-invoice.ts";
import { sendInvoiceTool } from "./tools/send-invoice.ts";
import { voidInvoiceTool } from "./tools/void-invoice.ts";

/** In the order in which clients see them: the life of an invoice. */
const tools: readonly Tool[] = [
  createInvoice,
  sendInvoiceTool,
  remindInvoiceTool,
  payInvoiceTool,
  voidInvoiceTool,
  listInvoices,
  getInvoice,
];

/** `era` is the protocol's: `modern` is 2026-07-28, where clients can subscribe to changes. */
export function createInvoiceServer(desk: Desk, era: "legacy" | "modern"): McpServer {
  const server = new McpServer(
    {
      name: "invoices",
      title: "Invoices",
      version: "0.1.0",
      description: "Create, send, remind, list and pay invoices",
      icons: [emojiIcon("🧾")],
    },
    {
      instructions:
        "An invoice is a draft until it is sent; it is owed until it is paid or void. All amounts are integers in minor units of the invoice's currency (EUR 12.50 is 1250). Ask the user before send_invoice, remind_invoice and void_invoice: they reach the customer or cannot be undone.",
      // Legacy requests are served statelessly: there is no stream to push a change on.
      capabilities: {
        tools: { listChanged: false },
        prompts: { listChanged: false },
        resources: { listChanged: era === "modern", subscribe: era === "modern" },
      },
      // What this server is does not change while it runs; what it holds does.
      cacheHints: {
        "server/discover": { ttlMs: 300_000, cacheScope: "public" },
        "tools/list": { ttlMs: 300_000, cacheScope: "public" },
        "prompts/list": { ttlMs: 300_000, cacheScope: "public" },
        "resources/templates/list": { ttlMs: 300_000, cacheScope: "public" },
      },
    },
  );
  for (const tool of tools) tool.register(server, desk);
  registerResources(server, desk.store);
  registerPrompts(server, desk);
  return server;
}
