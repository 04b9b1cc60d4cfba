/** Escapes text for Markdown and HTML, including mentions. Returns one line, which may start a paragraph. */
export function markdownText(text: string): string {
  return (
    text
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/[\\`*_{}[\]()#+!|~$]/g, "\\$&")
      .replace(/^[-=]/, "\\$&")
      .replace(/^(\d+)\./, "$1\\.")
      // GitHub detects mentions in the rendered text, so an entity for @ would not help.
      .replace(/@/g, "@&#8203;")
      .replace(/:\/\//g, "&#58;//")
  );
}

/** Icons that make severities visible in long tables. */
export const SEVERITY_ICONS = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;
