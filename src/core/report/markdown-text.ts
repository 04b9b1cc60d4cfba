/** Text that means nothing to Markdown or HTML, and calls nobody by name. It is one line, and may begin one. */
export function markdownText(text: string): string {
  return (
    text
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/[\\`*_{}[\]()#+!|~$]/g, "\\$&")
      .replace(/^[-=]/, "\\$&")
      .replace(/^(\d+)\./, "$1\\.")
      // GitHub looks for names in what the reader sees, so an entity for the sign itself would not do.
      .replace(/@/g, "@&#8203;")
      .replace(/:\/\//g, "&#58;//")
  );
}

/** What stands for a severity, so that it is seen in a long table. */
export const SEVERITY_ICONS = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;
