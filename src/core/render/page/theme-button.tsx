import { useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;

/** Switches between light, dark and the system's theme. */
export function ThemeButton() {
  const [theme, setTheme] = useState<(typeof THEMES)[number]>("auto");
  return (
    <button
      type="button"
      class="theme"
      onClick={() => {
        const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
        window.document.documentElement.dataset.theme = next;
        setTheme(next);
      }}
    >
      Theme: {theme}
    </button>
  );
}
