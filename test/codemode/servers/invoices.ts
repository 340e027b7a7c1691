/** *invoices*: counts how often each invoice was written, so that what was done twice shows. */
import { z } from "zod";
import { serveTools, type ToolServer } from "./served.ts";

export interface InvoiceServer extends ToolServer {
  /** How many times an invoice of this key was written: by this server, which outlives whoever calls it. */
  writes(key: string): number;
  /** Of all keys, in the order of their first write. */
  readonly ledger: ReadonlyMap<string, number>;
}

export async function startInvoices(): Promise<InvoiceServer> {
  const ledger = new Map<string, number>();
  const server = await serveTools("invoices", [
    {
      name: "create_invoice",
      description: "Writes an invoice. The same key again is written again.",
      input: z.object({ key: z.string(), amount: z.number().optional() }),
      access: "write",
      run: ({ key, amount = 0 }) => {
        ledger.set(String(key), (ledger.get(String(key)) ?? 0) + 1);
        return { id: `inv-${String(key)}`, amount };
      },
    },
    {
      name: "list_invoices",
      description: "The keys of the invoices that there are.",
      input: z.object({}),
      access: "read",
      run: () => [...ledger.keys()],
    },
  ]);
  return Object.assign(server, { ledger, writes: (key: string) => ledger.get(key) ?? 0 });
}
