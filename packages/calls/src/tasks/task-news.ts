/**
 * What a modern server tells of a task to those who listen (extension io.modelcontextprotocol/tasks): all that
 * `tasks/get` would answer, questions and result included, and so it is looked at as that answer is.
 */
import { isFault } from "@castellan/kernel";
import {
  edit,
  inputRequestsOf,
  memberText,
  metaKeys,
  paramText,
  memberOf,
  type NotificationMessage,
  type RequestMessage,
} from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";
import { resultUris, withPublicUris } from "../catalog/public-uris.ts";
import type { Scope } from "../catalog/scope.ts";
import { limitUiHosts } from "../catalog/ui-hosts.ts";
import { limitUiLinks } from "../catalog/ui-links.ts";
import { admitQuestions } from "../server-messages/admit-questions.ts";
import type { AskedClient, Listener } from "../server-messages/exchange.ts";
import type { RecordPorts } from "../server-messages/record.ts";

export interface TaskListener {
  readonly listener: Listener;
  /** The `subscriptions/listen` that it listens by. */
  readonly request: Pick<RequestMessage, "text" | "spans">;
  /** What the portal offers at this moment; undefined when it is gone. */
  readonly scope: () => Scope | undefined;
}

/**
 * The whole notification as the client may see it, but for the task's id; undefined when it may not see it.
 * Throws `audit_unavailable`, `audit_overloaded`.
 */
export type TaskNews = (message: NotificationMessage, server: CatalogServer) => Promise<string | undefined>;

export function createTaskNews({ listener, request, scope }: TaskListener, ports: RecordPorts): TaskNews {
  const client = clientOf(request);
  return async (message, server) => {
    const span = message.spans.get("params");
    const params = memberText(message, "params");
    if (!span || params === undefined) return undefined;
    try {
      const requests = inputRequestsOf(message.params ?? {}, params);
      await admitQuestions(requests, { server, listener, client }, ports);
    } catch (error) {
      // Whoever asks for the task is told what is wrong with it.
      if (isFault(error) && error.owner !== "system") return undefined;
      throw error;
    }
    const { uiHosts } = server.server;
    const limited = limitUiLinks(limitUiHosts(params, uiHosts), uiHosts);
    const shown = withPublicUris(limited, resultUris, (uri) => scope()?.publicUri(server, uri) ?? uri);
    return edit(message.text, [{ span, text: shown }]);
  };
}

/** A copy: a part of a text keeps the whole of it in memory, and a subscription may last for days. */
function clientOf(request: TaskListener["request"]): AskedClient {
  const declared = memberOf(paramText(request, "_meta") ?? "{}", metaKeys.clientCapabilities) ?? "{}";
  return { capabilities: Buffer.from(declared).toString(), isReachable: true };
}
