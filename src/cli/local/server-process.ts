import { serve } from "@jobstrata/local/serve";
import { SERVING } from "./server-options";

// The process of a local workspace that `jobstrata local start` has started.
void serve(SERVING.page);
