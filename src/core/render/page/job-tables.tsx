import { useEffect, useState } from "preact/hooks";
import { printable } from "../../model/text";
import type { PageTables } from "../../model/page-answers";
import type { PageClient } from "./page-client";

/** Tables and paths observed in runs of a job. Renders nothing without any. */
export function JobTables({
  client,
  jobId,
}: {
  readonly client: PageClient;
  readonly jobId: string;
}) {
  const [tables, setTables] = useState<PageTables>();
  useEffect(() => {
    let isCurrent = true;
    setTables(undefined);
    client.get<PageTables>(`tables?job_id=${jobId}`).then(
      (found) => {
        if (isCurrent) setTables(found);
      },
      // The connection reports its own problems.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, jobId]);
  return (
    <>
      <Names title="Inputs" names={tables?.reads ?? []} />
      <Names title="Outputs" names={tables?.writes ?? []} />
    </>
  );
}

function Names({ title, names }: { readonly title: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <code>{printable(name)}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
