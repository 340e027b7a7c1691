/** The one prompt of this service: a letter that asks for money. */
import { type McpServer, ProtocolError, ProtocolErrorCode, completable } from "@modelcontextprotocol/server";
import { z } from "zod";
import { isOverdue, owedMinor } from "./invoice.ts";
import { formatMoney } from "./money.ts";
import { invoiceUri } from "./resources.ts";
import { type Desk, emojiIcon } from "./tool.ts";

const tones = {
  friendly: "Assume that the invoice was overlooked. Thank the customer and offer help.",
  firm: "Be polite and clear. Name the date by which you expect the money, one week from today.",
  final: "Say that this is the last letter before the claim is handed over. No threats, no blame.",
} as const;

const toneNames = Object.keys(tones) as (keyof typeof tones)[];

export function registerPrompts(server: McpServer, { store, now }: Desk): void {
  const open = () => store.list({ status: "sent" }).map(({ id }) => id);
  server.registerPrompt(
    "dunning_letter",
    {
      title: "Write a dunning letter",
      description: "A letter to a customer who has not paid yet, in the tone that you choose",
      icons: [emojiIcon("✉️")],
      argsSchema: z.object({
        id: completable(z.string().describe("Id of a sent invoice"), (value) =>
          open().filter((id) => id.startsWith(value)),
        ),
        tone: completable(z.enum(toneNames).describe(`One of: ${toneNames.join(", ")}`), (value) =>
          toneNames.filter((tone) => tone.startsWith(value)),
        ),
      }),
    },
    ({ id, tone }) => {
      const invoice = store.find(id);
      if (invoice === undefined || owedMinor(invoice) === 0)
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `Nothing is owed on ${id}. Open invoices: ${open().slice(0, 20).join(", ") || "none"}.`,
        );
      const owed = formatMoney(owedMinor(invoice), invoice.currency);
      const due = `${isOverdue(invoice, now()) ? "was" : "is"} due on ${invoice.dueOn}`;
      const resource = {
        uri: invoiceUri(id),
        mimeType: "application/json",
        text: JSON.stringify(invoice, null, 2),
      };
      return {
        description: `A ${tone} letter about ${id}`,
        messages: [
          {
            role: "user",
            content: {
              type: "text",
              text: `Write a letter to ${invoice.customer.name}. ${owed} of invoice ${id} ${due}; ${invoice.remindedAt.length} reminders were sent. ${tones[tone]} Show me the letter before anything is sent.`,
            },
          },
          { role: "user", content: { type: "resource", resource } },
        ],
      };
    },
  );
}
