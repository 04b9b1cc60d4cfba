/** Worker thread of {@link HierarchyThread}. */
import { parentPort } from "node:worker_threads";
import { errorText } from "@jobstrata/core/model";
import type { PageJob } from "@jobstrata/local/page";
import { hierarchyJson } from "./hierarchy-of-jobs";
import type { HierarchyAnswer, HierarchyPart } from "./hierarchy-thread";

let jobs: PageJob[] = [];
parentPort?.on("message", ({ host, part }: HierarchyPart) => {
  jobs.push(...part);
  if (host === undefined) return;
  const all = jobs;
  jobs = [];
  let answer: HierarchyAnswer;
  try {
    answer = { json: hierarchyJson(host, all) };
  } catch (error) {
    answer = { error: errorText(error) };
  }
  parentPort?.postMessage(answer);
});
