/** Selectors of how a request reached us, but for its address. */
import type { SelectorValues } from "../rules/selector.ts";
import type { SelectorDefinition } from "./definition.ts";
import { fitOf } from "./fit.ts";

const regions = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
/** Codes that Unicode knows beside those of countries. No address is in one of them. */
const unions: ReadonlySet<string> = new Set(["EU", "EZ", "UN", "QO"]);

export const country: SelectorDefinition<string> = {
  problem(value) {
    if (!/^[A-Z]{2}$/.test(value)) return "must be two capital letters (ISO 3166-1), or ZZ";
    const code = new Intl.Locale(`und-${value}`).toString().slice(-2);
    if (code !== value) return `is written ${code} (ISO 3166-1)`;
    if (unions.has(value)) return "is no country: name each of its countries";
    return regions.of(value) === undefined ? "is the code of no country (ISO 3166-1)" : undefined;
  },
  matcher: (value) => ({ time: "where", match: (connection) => fitOf(connection.country === value) }),
  words: (value) => (value === "ZZ" ? "the country is not known" : `the country is ${value}`),
};

export const certificate: SelectorDefinition<SelectorValues["certificate"]> = {
  problem: (value) =>
    value !== "valid" && value.commonName === "" ? "must be `valid`, or have a common name" : undefined,
  matcher: (value) => ({
    time: "where",
    match: ({ certificate: shown }) =>
      fitOf(shown !== undefined && (value === "valid" || shown.commonName === value.commonName)),
  }),
  words: (value) =>
    value === "valid"
      ? "the device has a valid certificate"
      : `the device's certificate is for ${value.commonName}`,
};

/** Without an answer it is not known, whoever is to blame for that. */
export const posture: SelectorDefinition<string> = {
  problem: (value) => (value === "" ? "must name an evaluator" : undefined),
  matcher: (value) => ({
    time: "where",
    match: ({ postures }) => {
      const answer = Object.hasOwn(postures, value) ? postures[value] : undefined;
      return answer === undefined ? "unknown" : fitOf(answer);
    },
  }),
  words: (value) => `the evaluation ${value} says yes`,
};
