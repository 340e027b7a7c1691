/** What a test says of a server when it registers it. */
export interface RegisteredServer {
  readonly url: string;
  /** What it may ask of clients. Default: nothing. */
  readonly clientFeatures?: readonly string[];
  /** Hosts that its pages may reach. Default: none. */
  readonly uiHosts?: readonly string[];
  /** Kinds that need no approval. Default: all, so that a test has what the server offers at once. */
  readonly autoAccept?: readonly string[];
}

export const everyKind = ["tool", "prompt", "resource", "resource_template", "instructions"];

export const everyFeature = ["elicitation_form", "elicitation_url", "sampling", "roots"];

/** The body of `POST /servers`. A bare URL is a server that may ask nothing, and whose definitions need no approval. */
export function toRegistration(slug: string, server: string | RegisteredServer): object {
  const {
    url,
    clientFeatures,
    uiHosts,
    autoAccept = everyKind,
  } = typeof server === "string" ? { url: server } : server;
  return {
    slug,
    url,
    allowPrivate: [new URL(url).host],
    autoAccept,
    ...(clientFeatures && { clientFeatures }),
    ...(uiHosts && { uiHosts }),
  };
}
