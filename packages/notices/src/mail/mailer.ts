/** Hands letters to a mail server. */
import { visible } from "@castellan/kernel";
import { loadAuthorities } from "@castellan/web";
import type { Letter, Outcome } from "../notice.ts";
import { isMailAddress } from "./address.ts";
import { writeLetter } from "./letter-text.ts";
import type { SmtpServer } from "./smtp-url.ts";

export interface SmtpSettings {
  readonly server: SmtpServer;
  /** The address that letters come from. */
  readonly from: string;
  /** A PEM file with certificate authorities that are trusted beside the system's. */
  readonly caFile?: string | undefined;
}

export interface Mailer {
  /** One attempt. `id` is the letter's, the same with each attempt: who gets it twice can tell. */
  deliver(to: string, letter: Letter, options: { id: string; signal: AbortSignal }): Promise<Outcome>;
}

const connectMs = 10_000;
const silenceMs = 30_000;

/** Throws `outbound_ca_invalid`. */
export function createMailer({ server, from, caFile }: SmtpSettings): Mailer {
  const { host, port, tls, login } = server;
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const authorities = loadAuthorities(caFile);
  // Of use only where there is a letter: nobody else loads it.
  const openTransport = async () => {
    const { createTransport } = await import("nodemailer");
    return createTransport({
      host,
      port,
      secure: tls === "implicit",
      requireTLS: tls === "starttls",
      ...(login && { auth: { user: login.user, pass: login.password.reveal() } }),
      ...(authorities && { tls: { secureContext: authorities } }),
      connectionTimeout: connectMs,
      greetingTimeout: connectMs,
      socketTimeout: silenceMs,
      // A letter is text of ours: nothing in it may have a file or an address read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  };
  let opened: ReturnType<typeof openTransport> | undefined;

  return {
    async deliver(to, letter, { id, signal }) {
      // Looked at here as well: this is where it becomes a command of a protocol of lines.
      if (!isMailAddress(to)) return { kind: "never", error: "This is no e-mail address" };
      try {
        opened ??= openTransport();
        const transport = await opened;
        await transport.sendMail({
          from: { name: "Castellan", address: from },
          to: [{ name: "", address: to }],
          envelope: { from, to: [to] },
          messageId: `<${id}@${domain}>`,
          // RFC 3834 §5: no robot answers to it.
          headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
          ...writeLetter(letter),
          signal,
        });
        return { kind: "delivered" };
      } catch (error) {
        return toOutcome(error);
      }
    },
  };
}

/**
 * What a server says no to for good (RFC 5321 §4.2.1: 5yz) to this recipient or letter stays so. A login that it does not
 * take is for whoever runs this to mend, and is tried again.
 */
function toOutcome(error: unknown): Outcome {
  const { code, responseCode, message } = error as { code?: string; responseCode?: number; message?: string };
  const told = visible(message ?? "The mail server could not be asked").replaceAll("\n", " ");
  const isOfLetter = code === "EENVELOPE" || code === "EMESSAGE";
  return {
    kind: isOfLetter && responseCode !== undefined && responseCode >= 500 ? "never" : "later",
    error: told,
  };
}
