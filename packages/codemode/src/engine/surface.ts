/** What code finds in the room that it runs in, for its caller at this moment. */
import type { ToolClass } from "@castellan/access";

export interface Surface {
  /** The tool that the code calls by this name. */
  tool(name: string): SurfaceTool | undefined;
  /** Names much like one that no tool has, the likeliest first. */
  closest(name: string): Promise<readonly string[]>;
  /** Raw JSON of what `codemode.tools()` gives. */
  tools(): Promise<string>;
  /** Raw JSON of what `codemode.search()` gives. */
  search(query: string, limit: number | undefined): Promise<string>;
  /** Raw JSON of a string. */
  describe(names: readonly string[]): Promise<string>;
  /** Raw JSON of the definitions. */
  resources(): string;
  prompts(): string;
  /** In the room of an API. */
  readonly api?: ApiSurface | undefined;
}

export interface ApiSurface {
  /** Raw JSON of the document. */
  spec(): Promise<string>;
  /** The call that a request is: raw JSON of an object. Throws `api_operation_unknown`, `api_request_invalid`, `code_tool_unknown`. */
  request(requestText: string): Promise<SurfaceTool & SurfaceRequest>;
}

export interface SurfaceRequest {
  readonly argumentsText: string;
  /** Whether the code wants the reply with its status and headers, and not the data alone. */
  readonly isWhole: boolean;
}

export interface SurfaceTool {
  readonly publicName: string;
  readonly class: ToolClass;
}
