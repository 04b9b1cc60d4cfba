/** Worker thread of {@link analyseAhead}. */
import { parentPort, workerData } from "node:worker_threads";
import { type AnalysisWork, takeTurns } from "./analyse-ahead";

takeTurns(workerData as AnalysisWork, (done) => {
  parentPort?.postMessage(done);
});
