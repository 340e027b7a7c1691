/** `portal_toggle_servers`: leads to the page on which a person chooses among the servers and links accounts. */
import { definePortalTool } from "./portal-tool.ts";

export const toggleServers = definePortalTool({
  name: "portal_toggle_servers",
  listings: ["full", "minimize_tools", "search_and_execute"],
  isForPeople: true,
  definition: {
    title: "Choose servers",
    description:
      "Gives the address of the page where the person switches servers on and off and links their accounts. Show it to them.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  async run(args, { person, portal }) {
    if (!person) return { refusal: "Only a person has servers to choose" };
    const [unknown] = Object.keys(args);
    if (unknown !== undefined)
      return {
        refusal: `portal_toggle_servers takes no arguments, ${JSON.stringify(unknown.slice(0, 64))} neither`,
      };
    const question = await person.open(
      `Choose the servers of ${portal.title} that you use here, and link your accounts.`,
    );
    if (question) return { question };
    return {
      structuredText: JSON.stringify({ url: person.page }),
      text: `Servers are switched on and off, and accounts linked, at ${person.page}`,
    };
  },
});
