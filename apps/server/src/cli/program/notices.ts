/** `castellan approval`, `webhook` and `notice`: who decides, and who is told. */
import type { Command } from "commander";
import type { ListApprovalsOptions } from "../commands/approvals.ts";
import type { AddWebhookOptions, EditWebhookOptions, ListNoticesOptions } from "../commands/webhooks.ts";
import { approvalStateWords, noticeChannelWords, noticeKindWords, noticeStateWords } from "../input/words.ts";
import type { SessionOptions } from "../session.ts";
import {
  choice,
  collect,
  collectList,
  destructive,
  family,
  open,
  remote,
  type Surroundings,
} from "./command.ts";

export function addNoticeCommands(program: Command, surroundings: Surroundings): void {
  addApprovals(
    family(program, "approval", "requests for a person's decision, each given by id"),
    surroundings,
  );
  addWebhooks(
    family(program, "webhook", "programs that are told of things, each given by name"),
    surroundings,
  );
  addNotices(family(program, "notice", "who was told what, and whether it arrived"), surroundings);
}

function addApprovals(approval: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/approvals.ts");
  remote(approval, "list", "all requests that you may see, newest first")
    .option("--waiting", "only those that wait for your decision")
    .option("--mine", "only what you asked for")
    .addOption(choice("--state <state>", "only with this state", approvalStateWords))
    .action(async (options: SessionOptions & ListApprovalsOptions) =>
      (await load()).listApprovals(await open(options, terminal), options),
    );
  remote(approval, "show <approval>", "one request, and what exactly is asked for").action(
    async (id: string, options: SessionOptions) =>
      (await load()).getApproval(await open(options, terminal), id),
  );
  for (const [decision, description] of [
    ["approve", "say yes to what somebody else asked for"],
    ["reject", "say no; that ends it"],
  ] as const)
    destructive(remote(approval, `${decision} <approval>`, description))
      .option("--reason <text>", "why; whoever asked is shown it")
      .action(async (id: string, options: SessionOptions & { reason?: string; yes?: boolean }) =>
        (await load()).decideApproval(await open(options, terminal), id, { ...options, decision }),
      );
  destructive(remote(approval, "withdraw <approval>", "take back what you asked for")).action(
    async (id: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).withdrawApproval(await open(options, terminal), id, options),
  );
}

function addWebhooks(webhook: Command, { terminal, exit }: Surroundings): void {
  const load = () => import("../commands/webhooks.ts");
  remote(webhook, "list", "all webhooks").action(async (options: SessionOptions) =>
    (await load()).listWebhooks(await open(options, terminal)),
  );
  remote(webhook, "show <webhook>", "one webhook").action(async (name: string, options: SessionOptions) =>
    (await load()).getWebhook(await open(options, terminal), name),
  );
  settings(
    remote(webhook, "add <name> <url>", "have a program told of things; its secret is printed once"),
  ).action(async (name: string, url: string, options: SessionOptions & AddWebhookOptions) =>
    (await load()).addWebhook(await open(options, terminal), name, url, options),
  );
  settings(remote(webhook, "edit <webhook>", "change a webhook; what is not named stays"))
    .option("--new-url <url>", "where it is told")
    .option("--no-kind", "it hears of everything")
    .option("--no-allow-private", "it is at a public address")
    .action(async (name: string, options: SessionOptions & EditWebhookOptions) =>
      (await load()).editWebhook(await open(options, terminal), name, options),
    );
  destructive(remote(webhook, "rotate <webhook>", "give a webhook another secret; it is printed once"))
    .option("--overlap <span>", "how long it is signed under the one before as well; without, 1h")
    .action(async (name: string, options: SessionOptions & { overlap?: string; yes?: boolean }) =>
      (await load()).rotateWebhook(await open(options, terminal), name, options),
    );
  remote(
    webhook,
    "test <webhook>",
    "tell it that this is a test; ends with 1 if that does not arrive",
  ).action(async (name: string, options: SessionOptions) =>
    exit(await (await load()).testWebhook(await open(options, terminal), name)),
  );
  destructive(remote(webhook, "remove <webhook>", "remove a webhook")).action(
    async (name: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeWebhook(await open(options, terminal), name, options),
  );
}

function settings(command: Command): Command {
  return command
    .option(
      "--kind <kinds>",
      `what it hears of, separated by commas: ${noticeKindWords.join(", ")}; without, everything`,
      collectList,
    )
    .option(
      "--allow-private <place>",
      "a host, host:port, address or CIDR where it may be; repeatable",
      collect,
    )
    .option("--enabled", "it is told")
    .option("--no-enabled", "it is not told");
}

function addNotices(notice: Command, { terminal }: Surroundings): void {
  remote(notice, "list", "what was sent lately, newest first")
    .addOption(choice("--state <state>", "only with this state", noticeStateWords))
    .addOption(choice("--channel <channel>", "only by this way", noticeChannelWords))
    .action(async (options: SessionOptions & ListNoticesOptions) => {
      const { listNotices } = await import("../commands/webhooks.ts");
      await listNotices(await open(options, terminal), options);
    });
}
