/** One attempt to tell a webhook something. */
import { isFault, visible, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Outbound } from "@castellan/web";
import type { Outcome } from "../notice.ts";
import { signatureHeaders } from "./signature.ts";
import { openSecrets, type WebhookRow } from "./webhook-row.ts";

export interface WebhookPorts {
  readonly vault: Pick<Vault, "open">;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly clock: Clock;
}

/** What came of the attempt; `status` where there was an answer. */
export type WebhookOutcome = Outcome & { readonly status?: number };

const timeoutMs = 15_000;
/** Nobody reads it; but whoever answers with a page has answered. */
const maxAnswerBytes = 1024 * 1024;

export async function deliverToWebhook(
  row: WebhookRow,
  { id, body }: { id: string; body: string },
  { vault, outbound, clock, signal }: WebhookPorts & { signal: AbortSignal },
): Promise<WebhookOutcome> {
  try {
    const { current, before } = openSecrets(vault, row);
    const secrets = before && before.until > clock.now() ? [current, before.secret] : [current];
    const timestamp = Math.floor(clock.now() / 1000);
    const { status, headers } = await outbound.fetch(row.url, {
      policy: { allowPrivate: row.allow_private },
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "Castellan",
        ...signatureHeaders({ id, timestamp, body }, secrets),
      },
      body,
      maxBytes: maxAnswerBytes,
      timeoutMs,
      signal,
    });
    return { ...judge(status, headers, clock.now()), status };
  } catch (error) {
    if (isFault(error)) return { kind: "later", error: visible(error.message) };
    throw error;
  }
}

/** Any 2xx has arrived; 410 says that nobody is there any more. */
function judge(status: number, headers: Headers, nowMs: number): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const error = `It answered ${status}`;
  if (status === 410) return { kind: "never", error };
  const afterMs = retryAfterMs(headers.get("retry-after"), nowMs);
  return { kind: "later", error, ...(afterMs !== undefined && { afterMs }) };
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
