/**
 * The noun of this service: an invoice, and what may happen to it.
 *
 *     draft ──send──▶ sent ──pay──▶ paid
 *       └─────void─────┴──▶ void
 *
 * Everything here is pure: a transition takes an invoice and gives a new one, or refuses with a
 * sentence that says what to do instead. Money is in integer minor units of its currency (cents for
 * EUR, yen for JPY), never a fraction.
 */
import { z } from "zod";

export const invoiceStatuses = ["draft", "sent", "paid", "void"] as const;

/** After this many reminders a person has to take over. */
export const maxReminders = 3;

const supportedCurrencies = new Set(Intl.supportedValuesOf("currency"));

export const invoiceIdSchema = z
  .string()
  .regex(/^inv_[1-9][0-9]*$/)
  .describe("Id of an invoice, as create_invoice and list_invoices give it, for example inv_1001");

export const currencySchema = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .refine((code) => supportedCurrencies.has(code), { error: "not a currency code of ISO 4217" })
  .describe("Currency code of ISO 4217, for example EUR");

export const dateSchema = z.iso.date().describe("Calendar date, YYYY-MM-DD");

export const customerSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().max(254),
});

// The limits keep any total (100 × 10,000 × 100,000,000) a safe integer.
export const lineSchema = z.strictObject({
  description: z.string().trim().min(1).max(500),
  quantity: z.int().min(1).max(10_000),
  unitPriceMinor: z.int().min(1).max(100_000_000).describe("Price of one, in minor units of the currency"),
});

export const invoiceSchema = z.strictObject({
  id: invoiceIdSchema,
  status: z.enum(invoiceStatuses),
  customer: customerSchema,
  currency: currencySchema,
  lines: z.array(lineSchema).min(1).max(100),
  totalMinor: z.int().positive(),
  paidMinor: z.int().nonnegative(),
  note: z.string().max(2_000).optional(),
  dueOn: dateSchema,
  createdAt: z.iso.datetime(),
  sentAt: z.iso.datetime().optional(),
  remindedAt: z.array(z.iso.datetime()).max(maxReminders),
  payments: z.array(
    z.strictObject({
      reference: z.string().min(1).max(100),
      amountMinor: z.int().positive(),
      at: z.iso.datetime(),
    }),
  ),
  voidedAt: z.iso.datetime().optional(),
  voidReason: z.string().optional(),
});

export type Invoice = z.infer<typeof invoiceSchema>;

/** What the caller decides about a new invoice. */
export type InvoiceDraft = Pick<Invoice, "customer" | "currency" | "lines" | "dueOn" | "note">;

/** A request that the rules of this service refuse. Its message is for the caller and says what to do. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

export function draftInvoice(id: string, draft: InvoiceDraft, now: Date): Invoice {
  if (draft.dueOn < dateOf(now))
    throw new Refusal(`dueOn ${draft.dueOn} is in the past. Choose today (${dateOf(now)}) or a later date.`);
  return {
    ...draft,
    id,
    status: "draft",
    totalMinor: draft.lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0),
    paidMinor: 0,
    createdAt: now.toISOString(),
    remindedAt: [],
    payments: [],
  };
}

export function sendInvoice(invoice: Invoice, now: Date): Invoice {
  if (invoice.status === "sent")
    throw refuse("send", invoice, "It was sent already. Use remind_invoice to ask again.");
  if (invoice.status !== "draft")
    throw refuse("send", invoice, "Only a draft can be sent. Create a new invoice instead.");
  return { ...invoice, status: "sent", sentAt: now.toISOString() };
}

export function remindInvoice(invoice: Invoice, now: Date): Invoice {
  if (invoice.status === "draft") throw refuse("remind about", invoice, "Send it first with send_invoice.");
  if (invoice.status !== "sent") throw refuse("remind about", invoice, "Nothing is owed on it.");
  if (invoice.remindedAt.length >= maxReminders)
    throw refuse(
      "remind about",
      invoice,
      `All ${maxReminders} reminders were sent. Ask a person to call the customer, or void it.`,
    );
  return { ...invoice, remindedAt: [...invoice.remindedAt, now.toISOString()] };
}

export interface Payment {
  /** The bank's or card scheme's reference: the same reference is counted once. */
  readonly reference: string;
  /** Minor units; all that is owed when absent. */
  readonly amountMinor?: number | undefined;
}

export function payInvoice(invoice: Invoice, payment: Payment, now: Date): Invoice {
  const known = invoice.payments.find(({ reference }) => reference === payment.reference);
  if (known !== undefined) {
    if (payment.amountMinor === undefined || payment.amountMinor === known.amountMinor) return invoice;
    throw refuse(
      "pay",
      invoice,
      `Payment ${known.reference} is on record with ${known.amountMinor} minor units. Use another reference for another payment.`,
    );
  }
  if (invoice.status === "draft") throw refuse("pay", invoice, "Send it first with send_invoice.");
  if (invoice.status !== "sent") throw refuse("pay", invoice, "Nothing is owed on it.");
  const owed = owedMinor(invoice);
  const amountMinor = payment.amountMinor ?? owed;
  if (amountMinor > owed)
    throw refuse("pay", invoice, `amountMinor ${amountMinor} is more than the ${owed} minor units owed.`);
  return {
    ...invoice,
    status: amountMinor === owed ? "paid" : "sent",
    paidMinor: invoice.paidMinor + amountMinor,
    payments: [...invoice.payments, { reference: payment.reference, amountMinor, at: now.toISOString() }],
  };
}

export function voidInvoice(invoice: Invoice, reason: string, now: Date): Invoice {
  if (invoice.status === "void") return invoice;
  if (invoice.paidMinor > 0)
    throw refuse("void", invoice, "Money was received on it. Refund the customer outside this service.");
  return { ...invoice, status: "void", voidedAt: now.toISOString(), voidReason: reason };
}

/** Minor units still to be paid: zero for a draft, a paid or a void invoice. */
export function owedMinor(invoice: Invoice): number {
  return invoice.status === "sent" ? invoice.totalMinor - invoice.paidMinor : 0;
}

export function isOverdue(invoice: Invoice, now: Date): boolean {
  return invoice.status === "sent" && invoice.dueOn < dateOf(now);
}

/** The UTC calendar date, `YYYY-MM-DD`. */
export function dateOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function refuse(verb: string, { id, status }: Invoice, advice: string): Refusal {
  return new Refusal(`Cannot ${verb} ${id}: its status is ${status}. ${advice}`);
}
