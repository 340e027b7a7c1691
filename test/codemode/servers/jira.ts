/** *jira*: tickets that are searched for, read and changed, by the names that the well-known server gives its tools. */
import { z } from "zod";
import { serveTools, type ToolServer } from "./served.ts";

export interface Ticket {
  readonly key: string;
  readonly status: string;
  readonly summary: string;
  description: string;
}

export interface JiraServer extends ToolServer {
  readonly tickets: readonly Ticket[];
}

/** `project = X AND status = "Y"` is what it understands of JQL. */
export async function startJira(tickets: readonly Ticket[]): Promise<JiraServer> {
  const find = (key: unknown) => {
    const found = tickets.find((ticket) => ticket.key === key);
    if (found === undefined) throw new Error(`There is no ticket ${String(key)}`);
    return found;
  };
  const server = await serveTools("jira", [
    {
      name: "search_jira_with_jql",
      description: "Searches Jira tickets with a JQL query.",
      input: z.object({ jql: z.string(), fields: z.array(z.string()).optional() }),
      access: "read",
      run: ({ jql }) => {
        const [, project, status] = /^project = (\w+)(?: AND status = "([^"]*)")?$/.exec(String(jql)) ?? [];
        if (project === undefined) throw new Error("Error in the JQL query");
        return tickets.filter(
          (ticket) =>
            ticket.key.startsWith(`${project}-`) && (status === undefined || ticket.status === status),
        );
      },
    },
    {
      name: "get_jira_ticket",
      description: "Reads one Jira ticket.",
      input: z.object({ issueKey: z.string() }),
      access: "read",
      run: ({ issueKey }) => find(issueKey),
    },
    {
      name: "update_jira_ticket",
      description: "Changes fields of a Jira ticket.",
      input: z.object({ issueKey: z.string(), fields: z.object({ description: z.string() }) }),
      access: "write",
      run: ({ issueKey, fields }) => Object.assign(find(issueKey), fields),
    },
  ]);
  return Object.assign(server, { tickets });
}
