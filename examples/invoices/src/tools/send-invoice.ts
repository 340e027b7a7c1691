import { z } from "zod";
import { invoiceIdSchema, invoiceSchema, sendInvoice } from "../invoice.ts";
import { defineTool } from "../tool.ts";

export const sendInvoiceTool = defineTool({
  name: "send_invoice",
  title: "Send an invoice",
  description: "Sends a draft to its customer. From then on it is owed; it cannot be edited.",
  icon: "📨",
  input: z.strictObject({ id: invoiceIdSchema }),
  output: z.strictObject({ invoice: invoiceSchema }),
  // Idempotent: a second call is refused and sends nothing.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  async run({ id }, { store, now }) {
    const invoice = await store.change(id, (before) => sendInvoice(before, now()));
    return {
      text: `Sent ${id} to ${invoice.customer.email}. It is due on ${invoice.dueOn}.`,
      value: { invoice },
    };
  },
});
