/** Setting a password together with the app that makes the codes: one form, wherever it stands. */
import { kernelFaults, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { field, html, type Html } from "@castellan/web";
import type { PasswordHasher } from "../local/password-hash.ts";
import { parsePassword, passwordLength, type PasswordHolder } from "../local/password-rules.ts";
import type { NewPassword } from "../local/password-store.ts";
import { matchTotp, newTotpSecret, totpSetUp } from "../local/totp.ts";
import { qrCode } from "./qr-code.ts";

/**
 * The secret of the codes, on its way from the page to the form that is sent: sealed, so that only who was shown it
 * can send it, for the account that it was made for.
 */
export interface TotpOffer {
  readonly secret: Buffer;
  readonly sealed: string;
}

/** @param account whose it is to be: a user's or an invitation's id */
export function offerTotp(vault: Pick<Vault, "seal">, account: string): TotpOffer {
  const secret = newTotpSecret();
  return { secret, sealed: vault.seal(secret, contextOf(account)).toString("base64url") };
}

/** The offer that a form sends back. Fault: `invalid_input` for one that was not made for this account. */
export function openOffer(vault: Pick<Vault, "open">, account: string, sealed: string): TotpOffer {
  try {
    return { secret: vault.open(Buffer.from(sealed, "base64url"), contextOf(account)), sealed };
  } catch (cause) {
    const said = "The page was too old. Scan the code that it shows now, and enter everything once more.";
    throw kernelFaults.fault("invalid_input", said, { field: "totp", cause });
  }
}

/** A QR code that says more has squares too small to scan, and at some point no room. */
const maxLabelLength = 64;

export interface SetUpForm {
  readonly action: string;
  readonly fields: Html;
  readonly holder: PasswordHolder;
  /** What the app shows beside the code: `mcp.example.com`. */
  readonly host: string;
  readonly offer: TotpOffer;
  readonly button: string;
  readonly wrong?: { readonly field: string | undefined; readonly sentence: string } | undefined;
}

export function passwordSetUpForm({ action, fields, holder, host, offer, button, wrong }: SetUpForm): Html {
  const label = [...holder.email].slice(0, maxLabelLength).join("");
  const { uri, key } = totpSetUp(offer.secret, { issuer: `Castellan (${host})`, label });
  const wrongAt = (name: string) => (wrong?.field === name ? wrong.sentence : undefined);
  return html`<form method="post" action="${action}">
    ${fields}
    <input type="hidden" name="totp" value="${offer.sealed}" />
    <div class="hidden">
      <input
        type="text"
        name="username"
        value="${holder.email}"
        autocomplete="username"
        tabindex="-1"
        aria-hidden="true"
        readonly
      />
    </div>
    ${wrong && wrong.field !== "password" && wrong.field !== "code" && html`<p class="notice error" role="alert">${wrong.sentence}</p>`}
    ${field({
      name: "password",
      label: "New password",
      type: "password",
      autocomplete: "new-password",
      hint: `At least ${passwordLength.min} characters. Several words in a row are good.`,
      wrong: wrongAt("password"),
    })}
    <p>Now scan this with an authenticator app on your phone.</p>
    ${qrCode(uri, "QR code for an authenticator app. The same key stands below as text.")}
    <details>
      <summary>Enter the key by hand</summary>
      <p><code>${key}</code></p>
    </details>
    ${field({
      name: "code",
      label: "Code",
      autocomplete: "one-time-code",
      inputmode: "numeric",
      maxLength: 10,
      hint: "The six digits that the app shows now",
      wrong: wrongAt("code"),
    })}
    <p class="buttons"><button>${button}</button></p>
  </form>`;
}

export interface SetUpParts {
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}

/** What was entered, as it is to be kept. Faults: `invalid_input` (`password`, `code`), `sign_in_busy`. */
export async function parseSetUp(
  sent: URLSearchParams,
  { holder, offer }: { holder: PasswordHolder; offer: TotpOffer },
  { hasher, clock }: SetUpParts,
): Promise<NewPassword> {
  const password = parsePassword(sent.get("password") ?? "", holder);
  const nowMs = clock.now();
  const totpStep = matchTotp(offer.secret, sent.get("code") ?? "", { nowMs, afterStep: 0 });
  if (totpStep === undefined)
    throw kernelFaults.fault(
      "invalid_input",
      "This is not the code that the app shows for this key. Wait for the next one; if it does not help, check the clock of your phone.",
      { field: "code" },
    );
  return { hash: await hasher.hash(password), totpSecret: offer.secret, totpStep, nowMs };
}

function contextOf(account: string) {
  return { table: "passwords", row: account, column: "offered_totp" } as const;
}
