import type { Received } from "../call.ts";
import { announce } from "./announce.ts";
import { approve } from "./approve.ts";
import { authenticate } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { classify } from "./classify.ts";
import { credential } from "./credential.ts";
import { dispatch } from "./dispatch.ts";
import { enter } from "./enter.ts";
import { limit } from "./limit.ts";
import { parse } from "./parse.ts";
import { resolve } from "./resolve.ts";
import { stageTable } from "./stage.ts";
import { unwrap } from "./unwrap.ts";

/**
 * The way of a call. `identify` (package web) comes before it: request id, size, Host and Origin,
 * address limit. `record` (package audit) comes after it, always, also when a stage refused.
 */
export const callStages = stageTable<Received>()
  .with(authenticate)
  .with(parse)
  .with(classify)
  .with(enter)
  .with(unwrap)
  .with(resolve)
  .with(authorize)
  .with(announce)
  .with(credential)
  .with(approve)
  .with(limit)
  .with(dispatch);
