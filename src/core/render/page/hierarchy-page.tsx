import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { HierarchyPageData } from "../html";
import { GraphView } from "./graph/graph-view";
import { ThemeButton } from "./theme-button";

/** The page of `jobstrata graph --format html`, with embedded hierarchies. */
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

/** Encodes an id. Lone surrogates, which some ids contain, cannot be encoded. */
function addressOf(id = ""): string {
  try {
    return encodeURIComponent(id);
  } catch {
    return "";
  }
}

/** The job selected by the URL. */
function selectedInAddress(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

const data = window.document.getElementById("hierarchies")?.textContent ?? "";
render(<HierarchyPage {...(JSON.parse(data) as HierarchyPageData)} />, window.document.body);
