/** Invoices as resources: each one as `invoice://{id}`, and what is open as one list. */
import { type McpServer, ResourceNotFoundError, ResourceTemplate } from "@modelcontextprotocol/server";
import { owedMinor } from "./invoice.ts";
import { formatMoney } from "./money.ts";
import type { InvoiceStore } from "./store.ts";
import { emojiIcon } from "./tool.ts";

export const openInvoicesUri = "invoices://open";

export function invoiceUri(id: string): string {
  return `invoice://${id}`;
}

/** Listing everything would flood a client's picker; the tool list_invoices has pages. */
const maxListed = 100;

export function registerResources(server: McpServer, store: InvoiceStore): void {
  server.registerResource(
    "open-invoices",
    openInvoicesUri,
    {
      title: "Open invoices",
      description: "Every invoice that is sent and not yet paid, newest first",
      mimeType: "application/json",
      icons: [emojiIcon("📂")],
    },
    (uri) => json(uri, { invoices: store.list({ status: "sent" }) }),
  );

  const template = new ResourceTemplate("invoice://{id}", {
    list: () => ({
      resources: store
        .list()
        .slice(0, maxListed)
        .map((invoice) => ({
          uri: invoiceUri(invoice.id),
          name: invoice.id,
          title: `${invoice.id} for ${invoice.customer.name}`,
          description: `${invoice.status}, ${formatMoney(invoice.totalMinor, invoice.currency)}`,
          mimeType: "application/json",
          annotations: { audience: ["user" as const], priority: owedMinor(invoice) > 0 ? 0.8 : 0.3 },
        })),
    }),
    complete: {
      id: (value) =>
        store
          .list()
          .map(({ id }) => id)
          .filter((id) => id.startsWith(value)),
    },
  });
  server.registerResource(
    "invoice",
    template,
    {
      title: "Invoice",
      description: "One invoice with its lines, reminders and payments",
      mimeType: "application/json",
      icons: [emojiIcon("🧾")],
    },
    (uri, { id }) => {
      const invoice = typeof id === "string" ? store.find(id) : undefined;
      if (invoice === undefined) throw new ResourceNotFoundError(uri.href);
      return json(uri, invoice);
    },
  );
}

function json(uri: URL, value: unknown) {
  return {
    contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(value, null, 2) }],
  };
}
