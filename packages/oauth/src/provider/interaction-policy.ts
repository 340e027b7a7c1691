/**
 * When a person is asked: always. Nothing is given to a client that somebody did not decide on just now (OAuth 2.1 §7.3.1:
 * another program could use the id of a public client). So a request that forbids to ask (`prompt=none`) fails.
 */
import { interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { SignIn } from "../ports.ts";
import { exchangeOf } from "./exchange.ts";

const { Check, Prompt } = interactionPolicy;

export function createInteractionPolicy(signIn: Pick<SignIn, "current">) {
  return [
    new Prompt(
      { name: "login", requestable: true },
      new Check("signed_out", "the person has to sign in", "login_required", async (ctx) => {
        if (ctx.oidc.result?.login !== undefined) return ctx.oidc.account === undefined;
        return isSilent(ctx) && (await signIn.current(exchangeOf(ctx).c)) === undefined;
      }),
    ),
    new Prompt(
      { name: "consent", requestable: true },
      new Check(
        "undecided",
        "the person has to decide",
        "consent_required",
        (ctx) => ctx.oidc.result?.consent === undefined,
      ),
    ),
  ];
}

function isSilent(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.prompts.has("none");
}
