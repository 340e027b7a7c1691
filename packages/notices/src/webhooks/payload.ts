/** What webhooks get, by Standard Webhooks: `{"type", "timestamp", "data"}`. https://www.standardwebhooks.com */

/** As text, which is what is signed: the same with each attempt. */
export function webhookPayload(type: string, at: Date, data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
