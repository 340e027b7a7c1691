import { z } from "zod";
import { type Invoice, Refusal, invoiceSchema, invoiceStatuses, isOverdue, owedMinor } from "../invoice.ts";
import { formatMoney } from "../money.ts";
import { defineTool } from "../tool.ts";

const rowSchema = invoiceSchema
  .pick({ id: true, status: true, customer: true, currency: true, totalMinor: true, dueOn: true })
  .extend({ owedMinor: z.int().nonnegative(), overdue: z.boolean() });

export const listInvoices = defineTool({
  name: "list_invoices",
  title: "List invoices",
  description: "Invoices, newest first, a page at a time. Follow nextCursor with the same filter for more.",
  icon: "📋",
  input: z.strictObject({
    status: z.enum(invoiceStatuses).optional(),
    customer: z.string().max(200).optional().describe("Part of the customer's name or e-mail address"),
    overdue: z.literal(true).optional().describe("Only sent invoices whose last day to pay has passed"),
    limit: z.int().min(1).max(100).default(20),
    cursor: z.string().max(100).optional().describe("nextCursor of the page before"),
  }),
  output: z.strictObject({
    invoices: z.array(rowSchema),
    total: z.int().nonnegative().describe("How many match the filter, on all pages"),
    nextCursor: z.string().optional(),
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run({ status, customer, overdue, limit, cursor }, { store, now }) {
    const moment = now();
    const matching = store.list({ status, customer, overdueAt: overdue ? moment : undefined });
    const before = cursor === undefined ? Infinity : parseCursor(cursor);
    const rest = matching.filter((invoice) => numberOf(invoice) < before);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    const rows = page.map((invoice) => toRow(invoice, moment));
    return {
      text:
        rows.length === 0
          ? "No invoice matches."
          : [`${rows.length} of ${matching.length} invoices:`, ...rows.map(toLine)].join("\n"),
      value: {
        invoices: rows,
        total: matching.length,
        ...(last !== undefined && rest.length > page.length && { nextCursor: makeCursor(last) }),
      },
    };
  },
});

function toRow(invoice: Invoice, now: Date): z.infer<typeof rowSchema> {
  const { id, status, customer, currency, totalMinor, dueOn } = invoice;
  return {
    id,
    status,
    customer,
    currency,
    totalMinor,
    dueOn,
    owedMinor: owedMinor(invoice),
    overdue: isOverdue(invoice, now),
  };
}

function toLine(row: z.infer<typeof rowSchema>): string {
  const owed = row.owedMinor > 0 ? `, owed ${formatMoney(row.owedMinor, row.currency)}` : "";
  return `- ${row.id} ${row.customer.name}: ${row.status}, ${formatMoney(row.totalMinor, row.currency)}${owed}, due ${row.dueOn}${row.overdue ? " (overdue)" : ""}`;
}

// Numbers only grow, so a page stays where it was while invoices are added.
function makeCursor(invoice: Invoice): string {
  return Buffer.from(`before:${numberOf(invoice)}`).toString("base64url");
}

function parseCursor(cursor: string): number {
  const [, number] = /^before:([1-9][0-9]{0,15})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (number === undefined)
    throw new Refusal("cursor is not one that list_invoices gave. Leave it out for the first page.");
  return Number(number);
}

function numberOf(invoice: Invoice): number {
  return Number(invoice.id.slice("inv_".length));
}
