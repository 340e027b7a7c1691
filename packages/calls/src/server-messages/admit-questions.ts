/** The questions of a modern server's `input_required`: judged and on record before the caller sees one of them. */
import type { InputRequest, JsonObject } from "@castellan/mcp";
import type { ServerExchange } from "./exchange.ts";
import { objectionTo } from "./judge.ts";
import { recordQuestion, type RecordPorts } from "./record.ts";

/** Throws `client_feature_denied` when one of them may not be asked: the server gets no answer to any. */
export async function admitQuestions(
  requests: readonly InputRequest[],
  { server, listener }: Pick<ServerExchange, "server" | "listener">,
  ports: RecordPorts,
): Promise<void> {
  const judged = requests.map(({ method, params = "{}" }) => {
    const question = { method, params: JSON.parse(params) as JsonObject };
    return { method, text: params, objection: objectionTo(question, server) };
  });
  for (const one of judged) await recordQuestion({ ...one, server, listener }, ports);
  const denied = judged.find(({ objection }) => objection)?.objection;
  if (denied) throw denied;
}
