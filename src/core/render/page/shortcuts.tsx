import { useState } from "preact/hooks";

const SETTING = "jobstrata-shortcuts";

/** Whether a single key does something; people who dictate turn that off. */
export function hasShortcuts(): boolean {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    // A page in a sandbox, or a browser that keeps nothing.
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
            // For as long as the page is open.
          }
          setOn(checked);
        }}
      />{" "}
      Single-key shortcuts
    </label>
  );
}
