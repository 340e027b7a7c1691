/**
 * Whether something fits, in three values. `unknown` is contagious as far as it matters: something that fits for sure
 * among the included, or that does not among the required, settles it whatever the others are.
 */
export const fits = ["no", "unknown", "yes"] as const;
export type Fit = (typeof fits)[number];

export function fitOf(isFitting: boolean): Fit {
  return isFitting ? "yes" : "no";
}
