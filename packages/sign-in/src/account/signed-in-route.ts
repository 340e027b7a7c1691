/** What the routes of an account have in common: somebody is signed in, and the form is theirs. */
import type { User } from "@castellan/access";
import { isFault } from "@castellan/kernel";
import type { Context } from "hono";
import { signInFaults } from "../faults.ts";
import type { Parts } from "../parts.ts";
import { signInPath } from "../return-to.ts";
import type { SignedIn } from "../signed-in.ts";
import type { ToldWrong } from "./proof-views.ts";

/** A page that was left open while somebody else signed in is nobody's form. */
export function purposeOf({ id }: User): string {
  return `account ${id}`;
}

/** Does what a form asks for. Whoever is not signed in any more is sent to sign in, and nothing is done. */
export async function withSignedIn(
  c: Context,
  { browsers, forms }: Pick<Parts, "browsers" | "forms">,
  run: (signedIn: SignedIn, sent: URLSearchParams) => Promise<Response>,
): Promise<Response> {
  const signedIn = await browsers.current(c);
  if (!signedIn) return c.redirect(signInPath("/account"), 303);
  return run(signedIn, await forms.read(c, purposeOf(signedIn.user), "/account"));
}

/**
 * The same where it is about how the account is signed in to: they must have proved who they are within the last ten
 * minutes, or are sent to do so and come back to `returnTo`.
 */
export async function withFreshProof(
  c: Context,
  { browsers }: Pick<Parts, "browsers">,
  { returnTo, run }: { returnTo: string; run: (signedIn: SignedIn) => Promise<Response> },
): Promise<Response> {
  const signedIn = await browsers.current(c);
  if (!signedIn) return c.redirect(signInPath(returnTo), 303);
  if (browsers.isFresh(signedIn)) return run(signedIn);
  const { directory } = signedIn.user;
  return c.redirect(signInPath(returnTo, { directory, again: true }), 303);
}

/** What stands beside the form; what is ours goes on. */
export function toWrong(error: unknown): ToldWrong {
  const isOwn = isFault(error) && (error.code in signInFaults.specs || error.code === "invalid_input");
  if (!isOwn) throw error;
  return { status: error.status, field: error.field, sentence: error.message };
}
