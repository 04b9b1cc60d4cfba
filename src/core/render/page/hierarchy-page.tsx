import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { HierarchyPageData } from "../html";
import { GraphView } from "./graph/graph-view";
import { ThemeButton } from "./theme-button";

/** The page of `jobstrata graph --format html`, whose hierarchies are in the page itself. */
function HierarchyPage({ documents, level }: HierarchyPageData) {
  const [selected, setSelected] = useState(selectedInAddress);
  useEffect(() => {
    const follow = (): void => {
      setSelected(selectedInAddress());
    };
    window.addEventListener("hashchange", follow);
    return () => {
      window.removeEventListener("hashchange", follow);
    };
  }, []);
  return (
    <>
      <header>
        <h1>Jobs</h1>
        <ThemeButton />
      </header>
      <main>
        <GraphView
          documents={documents}
          level={level}
          selected={selected}
          onSelect={(id) => {
            history.replaceState(null, "", `#${addressOf(id)}`);
            setSelected(id);
          }}
        />
      </main>
    </>
  );
}

/** Halves of characters, which some ids have, cannot be part of an address. */
function addressOf(id = ""): string {
  try {
    return encodeURIComponent(id);
  } catch {
    return "";
  }
}

/** A page can be linked to with one of its jobs. */
function selectedInAddress(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

const data = window.document.getElementById("hierarchies")?.textContent ?? "";
render(<HierarchyPage {...(JSON.parse(data) as HierarchyPageData)} />, window.document.body);
