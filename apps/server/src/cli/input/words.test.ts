import { authKinds, clientAuthMethods } from "@castellan/credentials";
import { expect, test } from "vitest";
import { authKindWords, authMethodWords } from "./words.ts";

test("what can be chosen of a server's auth is what there is", () => {
  expect(authKindWords).toEqual(authKinds);
  expect(authMethodWords.toSorted()).toEqual(clientAuthMethods.toSorted());
});
