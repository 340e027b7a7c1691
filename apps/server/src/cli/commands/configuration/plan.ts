/** What configuration files would change. */
import type { PlanConfigurationAnswer } from "@castellan/client";
import { Fault, isFault } from "@castellan/kernel";
import type { Session } from "../../session.ts";
import { readWanted, type Wanted } from "./wanted.ts";

export interface WantedOptions {
  readonly file: readonly string[];
  readonly prune?: boolean;
  readonly adopt?: boolean;
}

export interface Planned {
  readonly wanted: Wanted;
  readonly plan: PlanConfigurationAnswer;
}

/** Each file by itself, as things are now. */
export async function planAll(session: Session, options: WantedOptions): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const wanted of await readWanted(options.file, session.terminal)) {
    const plan = await located(wanted, () =>
      session.api.planConfiguration({ body: requestOf(wanted, options) }),
    );
    planned.push({ wanted, plan });
  }
  return planned;
}

export function requestOf({ document, secrets }: Wanted, { prune = false, adopt = false }: WantedOptions) {
  return { document, secrets, prune, adopt };
}

/** What the server refuses is told with the place in the file. */
export async function located<Answer>(wanted: Wanted, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw isFault(error) ? withPlace(error, wanted) : error;
  }
}

function withPlace(fault: Fault, { file, locate, document }: Wanted): Fault {
  const { code, owner, status, field, data, message } = fault;
  const missing = secretsOf(data?.["missing"]);
  // A field of the request, or one of the document.
  const at = field === undefined ? file : locate(field.replace(/^document\./, ""));
  const lines =
    code === "secret_missing" && missing.length > 0
      ? missing.map(
          (one) => `${locate(asWritten(one.field, document))} needs ${one.secretRef}, which is not there`,
        )
      : [`${at} ${message}`];
  return new Fault(code, { owner, status, help: "" }, lines.join("\n"), {
    ...(data && { data }),
    cause: fault,
  });
}

/** Names of headers are the same in any case, and the server tells them in lower case. */
function asWritten(field: string, { servers = {} }: Wanted["document"]): string {
  const [, server = "", header = ""] = /^servers\.([^.]+)\.headers\.(.+)$/s.exec(field) ?? [];
  const headers = Object.hasOwn(servers, server) ? (servers[server]?.headers ?? {}) : {};
  const name = Object.keys(headers).find((one) => one.toLowerCase() === header);
  return name === undefined ? field : `servers.${server}.headers.${name}`;
}

function secretsOf(value: unknown): { field: string; secretRef: string }[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (one: { field?: unknown; secretRef?: unknown } | null) =>
      typeof one?.field === "string" && typeof one.secretRef === "string",
  );
}
