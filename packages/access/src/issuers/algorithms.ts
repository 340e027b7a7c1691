/**
 * Signatures that an issuer's tokens may have (RFC 7518 §3.1, RFC 8037, RFC 9864): those made with a private key
 * that only the issuer has. Never `none`, and no MAC: whoever can check one of those can make one.
 */
export const signingAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

export type SigningAlgorithm = (typeof signingAlgorithms)[number];
