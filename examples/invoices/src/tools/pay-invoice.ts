import { z } from "zod";
import { invoiceIdSchema, invoiceSchema, owedMinor, payInvoice } from "../invoice.ts";
import { formatMoney } from "../money.ts";
import { defineTool } from "../tool.ts";

export const payInvoiceTool = defineTool({
  name: "pay_invoice",
  title: "Record a payment",
  description:
    "Records money received for a sent invoice, in whole or in part. The same reference is counted once, so a call may be repeated.",
  icon: "💶",
  input: z.strictObject({
    id: invoiceIdSchema,
    reference: z.string().trim().min(1).max(100).describe("The bank's reference of the transfer"),
    amountMinor: z
      .int()
      .positive()
      .optional()
      .describe("In minor units of the invoice's currency; all that is owed when left out"),
  }),
  output: z.strictObject({ invoice: invoiceSchema, owedMinor: z.int().nonnegative() }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  async run({ id, reference, amountMinor }, { store, now }) {
    const invoice = await store.change(id, (before) => payInvoice(before, { reference, amountMinor }, now()));
    const owed = owedMinor(invoice);
    return {
      text:
        owed === 0
          ? `${id} is paid in full (${formatMoney(invoice.totalMinor, invoice.currency)}).`
          : `Recorded. ${formatMoney(owed, invoice.currency)} is still owed on ${id}.`,
      value: { invoice, owedMinor: owed },
    };
  },
});
