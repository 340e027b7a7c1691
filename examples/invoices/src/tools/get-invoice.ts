import { z } from "zod";
import { invoiceIdSchema, invoiceSchema, isOverdue, owedMinor } from "../invoice.ts";
import { formatMoney } from "../money.ts";
import { defineTool } from "../tool.ts";

export const getInvoice = defineTool({
  name: "get_invoice",
  title: "Get an invoice",
  description: "One invoice with its lines, reminders and payments.",
  icon: "🔍",
  input: z.strictObject({ id: invoiceIdSchema }),
  output: z.strictObject({
    invoice: invoiceSchema,
    owedMinor: z.int().nonnegative(),
    overdue: z.boolean(),
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run({ id }, { store, now }) {
    const invoice = store.get(id);
    const owed = owedMinor(invoice);
    const overdue = isOverdue(invoice, now());
    const total = formatMoney(invoice.totalMinor, invoice.currency);
    return {
      text: `${id} for ${invoice.customer.name}: ${invoice.status}, total ${total}, owed ${formatMoney(owed, invoice.currency)}, due on ${invoice.dueOn}${overdue ? " (overdue)" : ""}.`,
      value: { invoice, owedMinor: owed, overdue },
    };
  },
});
