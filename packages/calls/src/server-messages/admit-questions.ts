/** The questions of a modern server's `input_required`: judged and on record before the caller sees one of them. */
import type { InputRequest, JsonObject } from "@castellan/mcp";
import type { AskedClient, ServerExchange } from "./exchange.ts";
import { objectionTo } from "./judge.ts";
import { recordQuestion, type RecordPorts } from "./record.ts";

/** Who asks whom. */
export type Asking = Pick<ServerExchange, "server" | "listener"> & { readonly client: AskedClient };

/**
 * Throws what `objectionTo` has against one of them: then none is put, and the server gets no answer to any.
 * Throws `audit_unavailable`, `audit_overloaded` as well.
 */
export async function admitQuestions(
  requests: readonly InputRequest[],
  { server, listener, client }: Asking,
  ports: RecordPorts,
): Promise<void> {
  const judged = requests.map(({ method, params = "{}" }) => {
    const question = { method, params: JSON.parse(params) as JsonObject };
    return { method, text: params, objection: objectionTo(question, server, client) };
  });
  const first = judged.find(({ objection }) => objection)?.objection;
  await Promise.all(
    judged.map(({ method, text, objection = first }) =>
      recordQuestion({ method, text, server, listener, objection }, ports),
    ),
  );
  if (first) throw first;
}
