/** Other ways to the same socket: from another address of this machine, and with a certificate. */
import { Agent, type Dispatcher } from "undici";

/** The scene's trusted proxy. What goes out by itself comes from there, too. */
export const proxyAddress = "127.0.0.1";
/** Nobody whom anyone trusts. */
export const strangerAddress = "127.0.0.2";

export interface WayOut {
  /** An address of the loopback net, all of which are this machine's. */
  readonly from?: string;
  /** Whose certificates of servers it takes (PEM). */
  readonly ca?: string;
  /** Its own certificate and key (PEM). */
  readonly cert?: string;
  readonly key?: string;
}

/** Close it at the end. */
export function wayOut({ from = proxyAddress, ...tls }: WayOut): Dispatcher & AsyncDisposable {
  const agent = new Agent({ connections: null, localAddress: from, connect: tls });
  return Object.assign(agent, { [Symbol.asyncDispose]: () => agent.destroy() });
}
