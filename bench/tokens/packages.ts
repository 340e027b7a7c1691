/** MCP servers of the npm registry that say what they offer without anybody's credentials, each at the release that was measured. */
export interface PackagedServer {
  readonly slug: string;
  readonly package: string;
  readonly version: string;
  /** What Node runs, within the package. */
  readonly file: string;
  readonly args?: readonly string[];
  /** What it wants to have before it starts; nothing is called with it. */
  readonly env?: Readonly<Record<string, string>>;
}

export const packagedServers: readonly PackagedServer[] = [
  {
    slug: "github",
    package: "@modelcontextprotocol/server-github",
    version: "2025.4.8",
    file: "dist/index.js",
  },
  {
    slug: "slack",
    package: "@modelcontextprotocol/server-slack",
    version: "2025.4.25",
    file: "dist/index.js",
    env: { SLACK_BOT_TOKEN: "none", SLACK_TEAM_ID: "none" },
  },
  {
    slug: "filesystem",
    package: "@modelcontextprotocol/server-filesystem",
    version: "2026.8.31",
    file: "dist/index.js",
    args: ["."],
  },
  {
    slug: "playwright",
    package: "@playwright/mcp",
    version: "0.0.83",
    file: "cli.js",
  },
  {
    slug: "memory",
    package: "@modelcontextprotocol/server-memory",
    version: "2026.8.31",
    file: "dist/index.js",
  },
  {
    slug: "devtools",
    package: "chrome-devtools-mcp",
    version: "1.11.0",
    file: "build/src/bin/chrome-devtools-mcp.js",
  },
  {
    slug: "context7",
    package: "@upstash/context7-mcp",
    version: "4.1.1",
    file: "dist/index.js",
  },
  {
    slug: "notion",
    package: "@notionhq/notion-mcp-server",
    version: "2.5.2",
    file: "bin/cli.mjs",
  },
  {
    slug: "mongodb",
    package: "mongodb-mcp-server",
    version: "3.0.4",
    file: "dist/esm/index.js",
  },
  {
    slug: "thinking",
    package: "@modelcontextprotocol/server-sequential-thinking",
    version: "2026.8.31",
    file: "dist/index.js",
  },
  {
    slug: "firecrawl",
    package: "firecrawl-mcp",
    version: "3.26.0",
    file: "dist/index.js",
    env: { FIRECRAWL_API_KEY: "none" },
  },
  {
    slug: "gitlab",
    package: "@zereight/mcp-gitlab",
    version: "2.1.64",
    file: "build/index.js",
    env: { GITLAB_PERSONAL_ACCESS_TOKEN: "none" },
  },
  {
    slug: "maps",
    package: "@modelcontextprotocol/server-google-maps",
    version: "0.6.2",
    file: "dist/index.js",
    env: { GOOGLE_MAPS_API_KEY: "none" },
  },
  {
    slug: "brave",
    package: "@modelcontextprotocol/server-brave-search",
    version: "0.6.2",
    file: "dist/index.js",
    env: { BRAVE_API_KEY: "none" },
  },
  {
    slug: "everart",
    package: "@modelcontextprotocol/server-everart",
    version: "0.6.2",
    file: "dist/index.js",
    env: { EVERART_API_KEY: "none" },
  },
  {
    slug: "tavily",
    package: "tavily-mcp",
    version: "0.2.22",
    file: "build/index.js",
    env: { TAVILY_API_KEY: "none" },
  },
  {
    slug: "exa",
    package: "exa-mcp-server",
    version: "3.4.1",
    file: "dist/stdio.cjs",
    env: { EXA_API_KEY: "none" },
  },
  {
    slug: "puppeteer",
    package: "@modelcontextprotocol/server-puppeteer",
    version: "2025.5.12",
    file: "dist/index.js",
  },
  {
    slug: "browser",
    package: "@browsermcp/mcp",
    version: "0.1.3",
    file: "dist/index.js",
  },
  {
    slug: "hubspot",
    package: "@hubspot/mcp-server",
    version: "0.4.0",
    file: "dist/index.js",
    env: { PRIVATE_APP_ACCESS_TOKEN: "pat-none" },
  },
  {
    slug: "airtable",
    package: "airtable-mcp-server",
    version: "1.14.0",
    file: "dist/main.js",
    env: { AIRTABLE_API_KEY: "none" },
  },
  {
    slug: "figma",
    package: "figma-developer-mcp",
    version: "0.13.2",
    file: "dist/bin.js",
    args: ["--stdio", "--figma-api-key=none"],
  },
  {
    slug: "sentry",
    package: "@sentry/mcp-server",
    version: "0.39.0",
    file: "dist/index.js",
    args: ["--access-token=none"],
  },
  {
    slug: "trello",
    package: "@delorenj/mcp-server-trello",
    version: "1.8.1",
    file: "build/index.js",
    env: { TRELLO_API_KEY: "none", TRELLO_TOKEN: "none" },
  },
  {
    slug: "jira",
    package: "@aashari/mcp-server-atlassian-jira",
    version: "3.3.0",
    file: "dist/index.js",
  },
  {
    slug: "linear",
    package: "@tacticlaunch/mcp-linear",
    version: "1.4.3",
    file: "dist/index.js",
    env: { LINEAR_API_TOKEN: "none" },
  },
  {
    slug: "git",
    package: "@cyanheads/git-mcp-server",
    version: "2.15.3",
    file: "dist/index.js",
    env: { MCP_TRANSPORT_TYPE: "stdio" },
  },
  {
    slug: "circleci",
    package: "@circleci/mcp-server-circleci",
    version: "0.20.0",
    file: "dist/index.js",
    env: { CIRCLECI_TOKEN: "none", DISABLE_TELEMETRY: "true" },
  },
  {
    slug: "kubernetes",
    package: "mcp-server-kubernetes",
    version: "4.1.7",
    file: "dist/index.js",
  },
  {
    slug: "datadog",
    package: "@winor30/mcp-server-datadog",
    version: "1.8.0",
    file: "build/index.js",
    env: { DATADOG_API_KEY: "none", DATADOG_APP_KEY: "none" },
  },
  {
    slug: "magicui",
    package: "@magicuidesign/mcp",
    version: "2.0.0",
    file: "dist/server.js",
  },
  {
    slug: "elasticsearch",
    package: "@elastic/mcp-server-elasticsearch",
    version: "0.3.1",
    file: "dist/index.js",
    env: { ES_URL: "http://127.0.0.1:9", ES_API_KEY: "none" },
  },
  {
    slug: "pinecone",
    package: "@pinecone-database/mcp",
    version: "0.3.0",
    file: "dist/index.js",
    env: { PINECONE_API_KEY: "none" },
  },
  {
    slug: "mapbox",
    package: "@mapbox/mcp-server",
    version: "0.2.0",
    file: "dist/index.js",
    env: { MAPBOX_ACCESS_TOKEN: "pk.none.none" },
  },
  {
    slug: "charts",
    package: "@antv/mcp-server-chart",
    version: "0.9.10",
    file: "build/index.js",
  },
  {
    slug: "line",
    package: "@line/line-bot-mcp-server",
    version: "0.4.2",
    file: "dist/index.js",
    env: { CHANNEL_ACCESS_TOKEN: "none", DESTINATION_USER_ID: "none" },
  },
  {
    slug: "automation",
    package: "@executeautomation/playwright-mcp-server",
    version: "1.0.12",
    file: "dist/index.js",
  },
];
