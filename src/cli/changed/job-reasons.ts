import type { JobSpec } from "@jobstrata/core/model";
import { printable } from "@jobstrata/core/model";
import { relativePath } from "@jobstrata/core/paths";
import type { Reading } from "@jobstrata/core/readers";
import { type Base, folderOf } from "./base";
import type { Reason } from "./document";
import { type CodeChange, JobInputs } from "./job-inputs";
import { bundleFolder, type Referred } from "./references";
import type { UploadChanges } from "./upload-changes";
import { bundleOf } from "./unread-bundles";

const NOTHING: ReadonlyMap<string, Referred> = new Map();

/** Finds why jobs differ apart from their own settings: their files and references. */
export class JobReasons {
  readonly #inputs: JobInputs | undefined;
  readonly #references: Base["references"];
  readonly #reading: Reading;
  readonly #uploads: UploadChanges | undefined;
  readonly #within: string;
  readonly #folders = new Map<string, string>();

  public constructor(reading: Reading, { files, references, uploads }: Base) {
    this.#inputs = files && new JobInputs(files);
    this.#references = references;
    this.#uploads = uploads;
    this.#reading = reading;
    this.#within = folderOf(reading);
  }

  /**
   * @param before the job at the base, and its environment there
   * @param environment the job's current environment
   */
  public of(
    job: JobSpec,
    before: { readonly job: JobSpec; readonly environment: string } | undefined,
    environment: string,
  ): Reason[] {
    const file = job.source?.file ?? "";
    const folder =
      bundleOf(job, this.#reading) ?? this.#folders.get(file) ?? bundleFolder(job, this.#within);
    this.#folders.set(file, folder);
    const now = this.#references?.after.of(job, environment) ?? NOTHING;
    const reasons = (this.#inputs?.changesOf(job, folder) ?? []).map(reasonOf);
    reasons.push(...(this.#uploads?.of(job) ?? []));
    for (const [address, { settings, folder: own = folder }] of now) {
      const found = settings && this.#inputs?.changesIn(settings, [folder, own]);
      for (const change of found ?? [])
        reasons.push(reasonOf({ ...change, text: `${printable(address)}: ${change.text}` }));
    }
    if (before === undefined) return reasons;
    const was = this.#references?.before.of(before.job, before.environment) ?? NOTHING;
    for (const address of new Set([...was.keys(), ...now.keys()])) {
      const [old, own] = [was.get(address), now.get(address)];
      if (old?.text === own?.text) continue;
      const { kind } = own ?? old ?? { kind: "resource" as const };
      const verb = old === undefined ? "is new" : own === undefined ? "was removed" : "changed";
      reasons.push({ kind, text: `${printable(address)} ${verb}` });
    }
    return reasons;
  }
}

function reasonOf({ taskKey, change, text }: CodeChange): Reason {
  return {
    kind: change.kind === "unknown" ? "unknown" : "code",
    text,
    ...(taskKey !== undefined && { task: taskKey }),
    file: relativePath(change.path),
  };
}
