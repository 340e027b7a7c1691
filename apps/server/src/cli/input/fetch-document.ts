/** A document that a command takes from somebody else's server. No token goes there. */
import { cliFaults } from "../faults.ts";

const maxBytes = 1024 * 1024;
const timeoutMs = 30_000;

/** Fault: `document_unavailable`. */
export async function fetchText(address: string): Promise<string> {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol))
    throw cliFaults.fault("usage_invalid", "It must be an http or https URL");
  try {
    const answer = await fetch(url, {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.status !== 200) throw unavailable(url, `HTTP ${answer.status}`);
    return await readSome(answer, url);
  } catch (error) {
    if ((error as { code?: unknown }).code === "document_unavailable") throw error;
    const { cause = error } = error as { cause?: unknown };
    const { code, message } = cause as { code?: string; message?: string };
    throw unavailable(url, code ?? message ?? "no answer", error);
  }
}

async function readSome(answer: Response, url: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw unavailable(url, `longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unavailable(url: URL, reason: string, cause?: unknown) {
  return cliFaults.fault("document_unavailable", `${url.origin}${url.pathname}: ${reason}`, { cause });
}
