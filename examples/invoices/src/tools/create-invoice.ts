import { z } from "zod";
import {
  currencySchema,
  customerSchema,
  dateSchema,
  draftInvoice,
  invoiceSchema,
  lineSchema,
} from "../invoice.ts";
import { formatMoney } from "../money.ts";
import { defineTool } from "../tool.ts";

export const createInvoice = defineTool({
  name: "create_invoice",
  title: "Create an invoice",
  description: "Creates a draft. Nothing reaches the customer until send_invoice.",
  icon: "🧾",
  input: z.strictObject({
    customer: customerSchema,
    currency: currencySchema,
    lines: z.array(lineSchema).min(1).max(100),
    dueOn: dateSchema.describe("Last day to pay, YYYY-MM-DD, today (UTC) or later"),
    note: z.string().max(2_000).optional().describe("Printed under the total"),
  }),
  output: z.strictObject({ invoice: invoiceSchema }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async run(draft, { store, now }) {
    const invoice = await store.add((id) => draftInvoice(id, draft, now()));
    const total = formatMoney(invoice.totalMinor, invoice.currency);
    return {
      text: `Created ${invoice.id}, a draft over ${total} for ${invoice.customer.name}.`,
      value: { invoice },
    };
  },
});
