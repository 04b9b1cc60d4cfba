import { useState } from "preact/hooks";

const SETTING = "jobstrata-shortcuts";

/** Whether single-key shortcuts are on. Users of speech input turn them off. */
export function hasShortcuts(): boolean {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    // No storage is available, for example in a sandbox.
    return isOn;
  }
}

let isOn = true;

/** Turns single-key shortcuts on and off, for this browser. */
export function ShortcutsSwitch() {
  const [on, setOn] = useState(hasShortcuts);
  return (
    <label class="keys">
      <input
        type="checkbox"
        checked={on}
        onChange={({ currentTarget: { checked } }) => {
          isOn = checked;
          try {
            localStorage.setItem(SETTING, checked ? "on" : "off");
          } catch {
            // Keep the setting while the page is open.
          }
          setOn(checked);
        }}
      />{" "}
      Single-key shortcuts
    </label>
  );
}
