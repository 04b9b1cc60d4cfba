/** A thread that analyses files together with the one that started it; {@link analyseAhead} says how. */
import { parentPort, workerData } from "node:worker_threads";
import { type AnalysisWork, takeTurns } from "./analyse-ahead";

takeTurns(workerData as AnalysisWork, (done) => {
  parentPort?.postMessage(done);
});
