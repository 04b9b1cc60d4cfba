import { serve } from "@jobstrata/local/serve";
import { SERVING } from "./server-options";

// The server process that `jobstrata local start` spawns.
void serve(SERVING.page);
