import { z } from "zod";
import { invoiceIdSchema, invoiceSchema, voidInvoice } from "../invoice.ts";
import { defineTool } from "../tool.ts";

export const voidInvoiceTool = defineTool({
  name: "void_invoice",
  title: "Void an invoice",
  description: "Cancels an invoice on which nothing was paid. This cannot be undone.",
  icon: "🗑️",
  input: z.strictObject({ id: invoiceIdSchema, reason: z.string().trim().min(1).max(500) }),
  output: z.strictObject({ invoice: invoiceSchema }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async run({ id, reason }, { store, now }) {
    const invoice = await store.change(id, (before) => voidInvoice(before, reason, now()));
    return { text: `${id} is void. Nothing is owed on it.`, value: { invoice } };
  },
});
