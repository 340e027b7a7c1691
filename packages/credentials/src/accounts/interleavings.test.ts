import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isFault } from "@castellan/kernel";
import type { AccountOwner } from "../account.ts";
import type { Accounts } from "./accounts.ts";
import type { Answer } from "./testing/token-server.ts";
import { anHourMs, openTown } from "./testing/town.ts";

const never = new AbortController().signal;

type Deed =
  | { readonly kind: "use" | "refuse"; readonly who: number; readonly where: number }
  | { readonly kind: "link" | "unlink"; readonly who: number };

interface Round {
  readonly deeds: readonly Deed[];
  readonly advanceMs: number;
  readonly answer: Answer | undefined;
}

const who = fc.nat(1);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("use" as const), who, where: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("refuse" as const), who, where: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("link" as const, "unlink" as const), who }) },
);
const round: fc.Arbitrary<Round> = fc.record({
  deeds: fc.array(deed, { minLength: 1, maxLength: 12 }),
  advanceMs: fc.constantFrom(0, 1_000, 40_000, anHourMs - 100_000, anHourMs),
  answer: fc.constantFrom(
    undefined,
    undefined,
    { status: 500 },
    { status: 400, body: { error: "invalid_grant" } },
  ),
});

test("whatever comes together, on two replicas: nobody gets another's token, and no rotated token is sent again", async () => {
  await using town = await openTown();
  const other = await town.replica();
  const replicas = [town.accounts, other.accounts];
  /** Once nothing is under way any more, both know the same. */
  const isAgreed = async (owner: AccountOwner): Promise<boolean> => {
    await Promise.all([town.changes.flush(), other.changes.flush()]);
    const [one, two] = await Promise.all(replicas.map((each) => each.find(town.target.id, owner)));
    return isDeepStrictEqual(one, two);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
      const owners = [town.person(), town.person()];
      /** The names of each one's grants. */
      const grants = owners.map(() => new Set<string>());
      const got: { readonly index: number; readonly token: string }[] = [];
      const link = async (index: number) => {
        const { tokens } = await town.link(owners[index] as AccountOwner);
        grants[index]?.add(grantOf(tokens.accessToken));
      };
      const run = async (accounts: Accounts, { kind, who: index }: Deed): Promise<void> => {
        const owner = owners[index] as AccountOwner;
        if (kind === "link") return link(index);
        const account = await accounts.find(town.target.id, owner);
        if (kind === "unlink") {
          if (account !== undefined) await accounts.unlink(account.id, owner);
          return;
        }
        const { token } = await accounts.usable(town.target, owner, never);
        got.push({ index, token });
        if (kind === "refuse") await accounts.refused(town.target, owner, { sent: token }, never);
      };
      await Promise.all([link(0), link(1)]);
      for (const { deeds, advanceMs, answer } of rounds) {
        town.clock.advance(advanceMs);
        if (answer !== undefined) town.server.answers.push(answer);
        const ended = await Promise.allSettled(
          deeds.map((each) => run(replicas["where" in each ? each.where : 0] as Accounts, each)),
        );
        for (const outcome of ended) if (outcome.status === "rejected") assertIsTold(outcome.reason);
        town.server.answers.length = 0;
        for (const { index, token } of got) expect(grants[index]).toContain(grantOf(token));
        for (const owner of owners) await town.until(() => isAgreed(owner));
      }
      expect(town.server.reuses).toEqual([]);
      expect(town.errors).toEqual([]);
    }),
    { numRuns: 8 },
  );
});

const told = new Set(["link_required", "credentials_unavailable", "account_not_found"]);

function assertIsTold(error: unknown): void {
  if (!isFault(error) || !told.has(error.code)) throw error;
}

/** `access-{grant}-{n}`. */
function grantOf(token: string): string {
  return token.split("-")[1] ?? "";
}
