import { expect, test } from "vitest";
import {
  type Invoice,
  Refusal,
  draftInvoice,
  invoiceSchema,
  isOverdue,
  owedMinor,
  payInvoice,
  remindInvoice,
  sendInvoice,
  voidInvoice,
} from "./invoice.ts";
import { formatMoney } from "./money.ts";

const now = new Date("2026-11-02T09:00:00.000Z");
const later = new Date("2026-12-02T09:00:00.000Z");

const draft = draftInvoice(
  "inv_1001",
  {
    customer: { name: "Ada", email: "ada@example.com" },
    currency: "EUR",
    lines: [
      { description: "Hours", quantity: 3, unitPriceMinor: 9_550 },
      { description: "Travel", quantity: 1, unitPriceMinor: 1_250 },
    ],
    dueOn: "2026-11-30",
  },
  now,
);
const sent = sendInvoice(draft, now);
const paid = payInvoice(sent, { reference: "T1" }, later);
const voided = voidInvoice(sent, "entered twice", later);

test("a draft has its total and owes nothing until it is sent", () => {
  expect(draft).toEqual({
    id: "inv_1001",
    status: "draft",
    customer: { name: "Ada", email: "ada@example.com" },
    currency: "EUR",
    lines: draft.lines,
    dueOn: "2026-11-30",
    totalMinor: 29_900,
    paidMinor: 0,
    createdAt: "2026-11-02T09:00:00.000Z",
    remindedAt: [],
    payments: [],
  });
  expect([draft, sent, paid, voided].map(owedMinor)).toEqual([0, 29_900, 0, 0]);
});

test("every state that a transition gives is one that the store reads back", () => {
  for (const state of [draft, sent, remindInvoice(sent, later), paid, voided])
    expect(invoiceSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
});

test("parts add up to a paid invoice, and a reference counts once", () => {
  const part = payInvoice(sent, { reference: "T1", amountMinor: 10_000 }, later);
  expect([part.status, owedMinor(part)]).toEqual(["sent", 19_900]);
  expect(payInvoice(part, { reference: "T1", amountMinor: 10_000 }, later)).toBe(part);
  const whole = payInvoice(part, { reference: "T2" }, later);
  expect([whole.status, whole.paidMinor, whole.payments.map(({ amountMinor }) => amountMinor)]).toEqual([
    "paid",
    29_900,
    [10_000, 19_900],
  ]);
  expect(payInvoice(whole, { reference: "T2" }, later)).toBe(whole);
});

test("overdue begins on the day after the last day to pay, and ends with the payment", () => {
  expect(isOverdue(sent, new Date("2026-11-30T23:59:59.999Z"))).toBe(false);
  expect(isOverdue(sent, new Date("2026-12-01T00:00:00.000Z"))).toBe(true);
  expect([draft, paid, voided].map((invoice) => isOverdue(invoice, later))).toEqual([false, false, false]);
});

const thrice = [later, later, later].reduce(remindInvoice, sent);
const refused: [string, () => Invoice, string][] = [
  [
    "a due date in the past",
    () => draftInvoice("inv_1", { ...draft, dueOn: "2026-11-01" }, now),
    "dueOn 2026-11-01 is in the past. Choose today (2026-11-02) or a later date.",
  ],
  [
    "sending twice",
    () => sendInvoice(sent, now),
    "Cannot send inv_1001: its status is sent. It was sent already. Use remind_invoice to ask again.",
  ],
  [
    "sending what is void",
    () => sendInvoice(voided, now),
    "Cannot send inv_1001: its status is void. Only a draft can be sent. Create a new invoice instead.",
  ],
  [
    "reminding of a draft",
    () => remindInvoice(draft, now),
    "Cannot remind about inv_1001: its status is draft. Send it first with send_invoice.",
  ],
  [
    "a fourth reminder",
    () => remindInvoice(thrice, now),
    "Cannot remind about inv_1001: its status is sent. All 3 reminders were sent. Ask a person to call the customer, or void it.",
  ],
  [
    "paying a draft",
    () => payInvoice(draft, { reference: "T1" }, now),
    "Cannot pay inv_1001: its status is draft. Send it first with send_invoice.",
  ],
  [
    "paying more than is owed",
    () => payInvoice(sent, { reference: "T1", amountMinor: 29_901 }, now),
    "Cannot pay inv_1001: its status is sent. amountMinor 29901 is more than the 29900 minor units owed.",
  ],
  [
    "a reference again with another amount",
    () => payInvoice(paid, { reference: "T1", amountMinor: 1 }, now),
    "Cannot pay inv_1001: its status is paid. Payment T1 is on record with 29900 minor units. Use another reference for another payment.",
  ],
  [
    "voiding what was paid",
    () => voidInvoice(paid, "oops", now),
    "Cannot void inv_1001: its status is paid. Money was received on it. Refund the customer outside this service.",
  ],
];

test.each(refused)("%s is refused", (_, attempt, message) => {
  expect(attempt).toThrow(new Refusal(message));
});

test("money is written with the digits of its currency", () => {
  expect([
    formatMoney(123_456, "EUR"),
    formatMoney(5, "EUR"),
    formatMoney(1_200, "JPY"),
    formatMoney(1_234, "KWD"),
  ]).toEqual(["EUR 1234.56", "EUR 0.05", "JPY 1200", "KWD 1.234"]);
});
