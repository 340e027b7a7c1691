/** Whether people find what they mean among the tools of real servers, in their own words. */
import { expect, test } from "vitest";
import { createCodeCatalog } from "./code-catalog.ts";
import realTools from "./real-tools.json" with { type: "json" };

const catalog = createCodeCatalog(
  realTools.servers.flatMap(({ slug, tools }) =>
    tools.map(([name = "", description = ""]) => ({
      publicName: `${slug}_${name}`,
      name,
      server: slug,
      class: "read" as const,
      text: JSON.stringify({ name, description, inputSchema: { type: "object" } }),
    })),
  ),
);

/** The public names of the first five. */
async function firstFive(query: string): Promise<readonly (string | undefined)[]> {
  const { found } = JSON.parse(await catalog.search(query, 5)) as { found: { name: string }[] };
  return found.map(({ name }) => catalog.find(name)?.publicName);
}

const questions: readonly (readonly [question: string, tool: string])[] = [
  ["create a pull request", "github_create_pull_request"],
  ["comment on a github issue", "github_add_issue_comment"],
  ["which files does this pull request change?", "github_get_pull_request_files"],
  ["send a message to a slack channel", "slack_slack_post_message"],
  ["reply in a thread", "slack_slack_reply_to_thread"],
  ["read the latest messages of a channel", "slack_slack_get_channel_history"],
  ["react with an emoji", "slack_slack_add_reaction"],
  ["remove a block from a notion page", "notion_API-delete-a-block"],
  ["find notion pages by title", "notion_API-post-search"],
  ["query rows of a notion database", "notion_API-query-data-source"],
  ["move a card to another list", "trello_move_card"],
  ["remove somebody from a card", "trello_remove_member_from_card"],
  ["assign a person to a trello card", "trello_assign_member_to_card"],
  ["remove a label from the board", "trello_delete_label"],
  ["who last modified each line of a file", "git_git_blame"],
  ["stash uncommitted changes", "git_git_stash"],
  ["switch to another branch", "git_git_checkout"],
  ["show the logs of a pod", "kubernetes_kubectl_logs"],
  ["scale a deployment to 3 replicas", "kubernetes_kubectl_scale"],
  ["run a command inside a container", "kubernetes_exec_in_pod"],
  ["add a row to an airtable table", "airtable_create_record"],
  ["driving distance between two addresses", "maps_maps_distance_matrix"],
  ["get coordinates for an address", "maps_maps_geocode"],
  ["change contacts in hubspot", "hubspot_hubspot-batch-update-objects"],
  ["why did the build fail?", "circleci_get_build_failure_logs"],
  ["flakyTests", "circleci_find_flaky_tests"],
  ["inserting documents into a mongodb collection", "mongodb_insert-many"],
  ["how many documents match a filter", "mongodb_count"],
  ["taking a screenshot of the page", "playwright_browser_take_screenshot"],
  ["fill in a form on a web page", "playwright_browser_fill_form"],
  ["search the web", "brave_brave_web_search"],
  ["list workspaces", "trello_list_workspaces"],
  ["opening hours of a place", "maps_maps_place_details"],
  ["go back to the previous page in the browser", "playwright_browser_navigate_back"],
  ["restart a failed workflow", "circleci_rerun_workflow"],
  ["install a chart with helm", "kubernetes_install_helm_chart"],
  ["drop a mongo collection", "mongodb_drop-collection"],
  ["tables of an airtable base", "airtable_list_tables"],
  ["elevation of a location", "maps_maps_elevation"],
  ["who am I in hubspot", "hubspot_hubspot-get-user-details"],
  ["items of a checklist on a card", "trello_get_checklist_items"],
  ["post a comment on a notion page", "notion_API-create-a-comment"],
  ["clone a repository", "git_git_clone"],
  ["crawl a website", "tavily_tavily_crawl"],
  ["upload a file to an airtable record", "airtable_upload_attachment"],
  ["list the users of a slack workspace", "slack_slack_get_users"],
];

test.each(questions)("%s", async (question, tool) => {
  expect(await firstFive(question)).toContain(tool);
});

/** Said in words that the definition has none of. Whatever comes to find one of them has it moved up. */
const notFound: readonly (readonly [question: string, tool: string])[] = [
  ["file a bug in a github repository", "github_create_issue"],
  ["undo the last commit", "git_git_reset"],
];

test.each(notFound)("%s: not yet", async (question, tool) => {
  expect(await firstFive(question)).not.toContain(tool);
});
