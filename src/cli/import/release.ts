import type { ImportSource, Project } from "../emit";

const UNBIND = "release/unbind.sh";
const REMOVED = "release/removed.tf";
/** The folder with the files that release jobs from their current tool; `--done` removes it. */
export const RELEASE_FILES: readonly string[] = [UNBIND, REMOVED];

/** The files that release the adopted jobs from their current tool, by path. */
export function releaseFiles(source: ImportSource): ReadonlyMap<string, string> {
  if (source.kind === "bundle") return new Map([[UNBIND, unbindScript(source)]]);
  const addresses = source.environments.flatMap(({ managed = [] }) => managed);
  if (source.kind === "terraform") return new Map([[REMOVED, removedBlocks(addresses)]]);
  return new Map();
}

/** The ordered steps until only the project manages the jobs. */
export function releaseSteps({ kind }: ImportSource, { jobs }: Project): string[] {
  const many = jobs.length === 1 ? "the job" : "the jobs";
  const deploy = `Deploy the project. The plan says what is imported, and changes nothing but what is named above.`;
  const steps = {
    bundle: [
      "Stop what deploys the bundle, such as its CI.",
      deploy,
      `In the folder of the bundle, run ${UNBIND} of the project: the bundle forgets ${many}.`,
      `Then remove ${many} from the configuration of the bundle. If you remove them before the bundle forgets them, its next deployment deletes them; if you keep them, it creates duplicates.`,
    ],
    terraform: [
      "Stop what applies the old configuration.",
      deploy,
      `Move ${REMOVED} into the old configuration, delete the resources that it names, and apply: Terraform forgets them. Before Terraform 1.7: terraform state rm <address>.`,
    ],
    workspace: [`Tell the owners of ${many} that the project manages them from now on.`, deploy],
    cdktf: [deploy],
  }[kind];
  return [...steps, "jobstrata import --done -o <project>"].map((step, at) => `${at + 1}. ${step}`);
}

function unbindScript({ environments }: ImportSource): string {
  const lines = environments.flatMap(({ name, graph, ids = new Map<string, string>() }) =>
    graph.jobs
      .filter(({ id }) => ids.has(id))
      .map(
        ({ key }) => `databricks bundle deployment unbind ${word(key)} --target ${word(name)}\n`,
      ),
  );
  return `#!/bin/sh
# Run it in the folder of the bundle, once the project is deployed. The jobs stay; the bundle forgets them.
set -e
${lines.join("")}`;
}

/** Quotes a word for the shell. */
const word = (text: string): string =>
  /^[A-Za-z_][\w.-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function removedBlocks(addresses: readonly string[]): string {
  // A removed block applies to all instances of a resource.
  const resources = new Set(
    addresses.map((address) => address.replace(/\[(?:"[^"]*"|\d+)\]/g, "")),
  );
  const blocks = [...resources].map(
    (address) => `
removed {
  from = ${address}

  lifecycle {
    destroy = false
  }
}
`,
  );
  return `# Replaces the resources that it names in the old configuration, once the project is deployed.
# The jobs stay; Terraform forgets them.
${blocks.join("")}`;
}
