import type { Framework } from "@jobstrata/core/framework";

/**
 * Versions that a new project depends on. A test compares them with the packages' requirements and this repository's own
 * versions.
 */
const SHARED_TOOLS = {
  "@swc/core": "^1.16.18",
  "@swc/jest": "^0.2.39",
  "@types/jest": "^30.0.0",
  jest: "^30.5.2",
  tsx: "^4.23.15",
  typescript: "^5.9.3",
};

/** An app's dependencies by framework, except jobstrata's own, which follow its version. */
export const DEPENDENCIES: Readonly<
  Record<
    Framework,
    {
      readonly app: Readonly<Record<string, string>>;
      readonly command: Readonly<Record<string, string>>;
      readonly tools: Readonly<Record<string, string>>;
      /** Minimum Node.js version of the framework's command. */
      readonly node: string;
    }
  >
> = {
  cdktf: {
    app: {
      "@cdktf/provider-databricks": "^15.16.1",
      cdktf: "^0.21.0",
      constructs: "^10.4.2",
    },
    command: { "cdktf-cli": "^0.21.0" },
    tools: { ...SHARED_TOOLS, "@types/node": "^20.19.43" },
    node: ">=20.19",
  },
  cdktn: {
    app: {
      "@cdktn/provider-databricks": "^18.7.0",
      cdktn: "^0.24.0",
      constructs: ">=10.6.0 <10.8.0",
    },
    command: { "cdktn-cli": "^0.24.0" },
    tools: { ...SHARED_TOOLS, "@types/node": "^22.19.0" },
    node: ">=22.19",
  },
};
