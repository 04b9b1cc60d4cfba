import { App } from "@jobstrata/cdktf";
import { addJobs } from "./jobs";

const app = new App();

addJobs(app);

app.synth();
