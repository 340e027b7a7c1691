/** What the way of a call needs of credentials, and of requests to link an account. */
import type { Credentials, Links } from "@castellan/credentials";
import type { Id } from "@castellan/kernel";

export type CallCredentials = Pick<
  Credentials,
  "of" | "prepare" | "identityOf" | "accountOf" | "isOpenTo" | "onChange" | "asksForOAuth"
>;

export interface CallLinks extends Pick<Links, "ask" | "findAll" | "settled" | "decline"> {
  /** The page on which somebody links an account: an absolute URL. */
  pageOf(id: Id<"link">): string;
}
