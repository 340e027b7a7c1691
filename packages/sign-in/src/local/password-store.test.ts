import { afterAll, beforeAll, expect, test } from "vitest";
import { createManualSignIn, type TestSignIn } from "../testing.ts";
import { findPassword, spendStep } from "./password-store.ts";

let house: TestSignIn;

beforeAll(async () => {
  house = await createManualSignIn();
});
afterAll(() => house[Symbol.asyncDispose]());

test("the secret of the codes opens for its person only, and a step is spent by one of twenty at once", async () => {
  const { database, vault } = house;
  const [ada, eve] = [await house.newPerson(), await house.newPerson()];
  expect((await findPassword(database, vault, ada.user.id))?.totpSecret).toEqual(ada.totpSecret);
  expect((await findPassword(database, vault, eve.user.id))?.totpSecret).toEqual(eve.totpSecret);
  expect(await findPassword(database, vault, undefined)).toBeUndefined();

  const spent = await Promise.all(Array.from({ length: 20 }, () => spendStep(database, ada.user.id, 7)));
  expect(spent.filter(Boolean)).toHaveLength(1);
  expect(await spendStep(database, ada.user.id, 6)).toBe(false);
  expect(await spendStep(database, ada.user.id, 8)).toBe(true);
  expect(await spendStep(database, eve.user.id, 7)).toBe(true);
});
