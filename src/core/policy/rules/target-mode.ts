import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

const MODES = ["development", "production"];

export const targetMode = defineRule({
  name: "target-mode",
  summary: "Each target of a bundle has a mode.",
  rationale:
    "Development mode keeps copies apart and pauses them; production mode ensures that the deployment is not a personal copy.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `targets:
  dev:
    default: true`,
    right: `targets:
  dev:
    default: true
    mode: development`,
    fix: "Set mode to development or production.",
    source: "golden rules of the hierarchical job architecture, IN-11",
  },
  *check({ environment, target }) {
    if (target === undefined) return;
    const { mode = "", source } = target;
    if (MODES.includes(mode) || isExpression(mode)) return;
    yield {
      message:
        mode === ""
          ? `target ${quote(environment)} has no mode`
          : `target ${quote(environment)} has mode ${quote(mode)}`,
      fix: "set it to development or production",
      sites: [],
      ...(source !== undefined && { location: source }),
    };
  },
});
