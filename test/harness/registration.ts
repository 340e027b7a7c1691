/** What a test says of a server when it registers it. */
export interface RegisteredServer {
  readonly url: string;
  /** What it may ask of clients. Default: nothing. */
  readonly clientFeatures?: readonly string[];
  /** Hosts that its pages may reach. Default: none. */
  readonly uiHosts?: readonly string[];
}

export const everyFeature = ["elicitation_form", "elicitation_url", "sampling", "roots"];

/** The body of `POST /servers`. A bare URL is a server that may ask nothing. */
export function toRegistration(slug: string, server: string | RegisteredServer): object {
  const { url, clientFeatures, uiHosts } = typeof server === "string" ? { url: server } : server;
  return {
    slug,
    url,
    allowPrivate: [new URL(url).host],
    ...(clientFeatures && { clientFeatures }),
    ...(uiHosts && { uiHosts }),
  };
}
