/**
 * Tokens look like secrets of this house (`token-secret.ts` of access): scanners find a leaked one, and what is none is
 * told apart before any look-up. The provider makes the value of a token by a method of its model, and offers no
 * setting for it.
 */
import { generateSecret } from "@castellan/access";
import type { Provider } from "oidc-provider";

interface TokenModel {
  readonly prototype: { generateTokenId(): string; format?: string };
}

export function setTokenValues(provider: Provider): void {
  const { AccessToken, ClientCredentials, RefreshToken } = provider as unknown as Record<string, TokenModel>;
  for (const model of [AccessToken, ClientCredentials])
    define(model, function (this: { format?: string }) {
      // By this it is kept as it is, and not as a signed document.
      this.format = "opaque";
      return generateSecret("access");
    });
  define(RefreshToken, () => generateSecret("refresh"));
}

function define(model: TokenModel | undefined, generateTokenId: () => string): void {
  if (model === undefined) throw new Error("The provider has no such model any more");
  model.prototype.generateTokenId = generateTokenId;
}
