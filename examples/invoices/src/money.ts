/** `12345` minor units of EUR as `EUR 123.45`; currencies without cents (JPY) have no point. */
export function formatMoney(minor: number, currency: string): string {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
  }).resolvedOptions();
  if (digits === 0) return `${currency} ${minor}`;
  const text = String(minor).padStart(digits + 1, "0");
  return `${currency} ${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
