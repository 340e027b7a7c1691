/**
 * The command line as a client of its own house: it is there from the beginning, so that people sign in with it where
 * no client may register itself. An admin who does not want that removes it, and it stays away.
 */
import { isId, isSlug } from "@castellan/kernel";

/** The same at every installation: the command line knows it without being told. */
export const commandLineClientId = "castellan-cli";

/** Where it listens for the answer, on whichever port it gets (RFC 8252 §7.3). */
export const commandLineRedirectUri = "http://127.0.0.1/callback";

/** Whether a client that is kept in the database, and has no document, can have this id: a made one, or a chosen one. */
export function isClientId(id: string): boolean {
  return isId("client", id) || isSlug(id);
}
