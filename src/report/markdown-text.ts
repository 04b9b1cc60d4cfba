/** Text that means nothing to Markdown or HTML, and calls nobody by name. It is one line, and may begin one. */
export function markdownText(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_{}[\]()#+!|~$]/g, "\\$&")
    .replace(/^[-=]/, "\\$&")
    .replace(/^(\d+)\./, "$1\\.")
    .replace(/@/g, "&#64;")
    .replace(/:\/\//g, "&#58;//");
}

/** What stands for a severity, so that it is seen in a long table. */
export const SEVERITY_ICONS = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;
