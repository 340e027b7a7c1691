import { noticeSealedColumn } from "./outbox/sealed-body.ts";
import { webhookSealedColumn } from "./webhooks/webhook-row.ts";

/** Where secrets of this package lie, for the rotation of the master key. */
export const noticeSealedColumns = [noticeSealedColumn, webhookSealedColumn];
