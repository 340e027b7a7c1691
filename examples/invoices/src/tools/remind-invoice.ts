import { z } from "zod";
import { invoiceIdSchema, invoiceSchema, maxReminders, owedMinor, remindInvoice } from "../invoice.ts";
import { formatMoney } from "../money.ts";
import { defineTool } from "../tool.ts";

export const remindInvoiceTool = defineTool({
  name: "remind_invoice",
  title: "Remind about an invoice",
  description: `Sends the customer a reminder about what is still owed, at most ${maxReminders} times.`,
  icon: "🔔",
  input: z.strictObject({ id: invoiceIdSchema }),
  output: z.strictObject({ invoice: invoiceSchema, reminder: z.int().min(1).max(maxReminders) }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  async run({ id }, { store, now }) {
    const invoice = await store.change(id, (before) => remindInvoice(before, now()));
    const reminder = invoice.remindedAt.length;
    const owed = formatMoney(owedMinor(invoice), invoice.currency);
    return {
      text: `Reminded ${invoice.customer.email} of ${owed} on ${id} (reminder ${reminder} of ${maxReminders}).`,
      value: { invoice, reminder },
    };
  },
});
