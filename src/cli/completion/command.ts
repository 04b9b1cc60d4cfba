import type { Command } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import type { Io } from "../io";
import { candidates, type CreateProgram } from "./candidates";
import { SCRIPTS, type Shell } from "./scripts";

/** Adds `jobstrata completion`. */
export function addCompletionCommand(program: Command, io: Io, create: CreateProgram): void {
  program
    .command("completion")
    .description("print a script that completes commands, options, jobs, environments and rules")
    .argument("<shell>", `one of ${Object.keys(SCRIPTS).join(", ")}`)
    .argument("[words...]", "of the scripts: what has been typed, the last word unfinished")
    .addHelpText(
      "after",
      `
bash: source <(jobstrata completion bash)       in ~/.bashrc
zsh:  source <(jobstrata completion zsh)        in ~/.zshrc, after compinit
fish: jobstrata completion fish > ~/.config/fish/completions/jobstrata.fish`,
    )
    .passThroughOptions()
    .action(async (shell: string, words: readonly string[]) => {
      if (shell === "words") {
        for (const candidate of await candidates(words, create)) io.out(candidate);
        return;
      }
      if (!isShell(shell))
        throw new JobstrataError(
          "config",
          `there is no completion for ${quoteWithSuggestion(shell, Object.keys(SCRIPTS))}; there is for ${Object.keys(SCRIPTS).join(", ")}`,
        );
      if (words.length > 0)
        throw new JobstrataError("config", `completion ${shell} takes no further argument`);
      io.out(SCRIPTS[shell].trimEnd());
    });
}

const isShell = (shell: string): shell is Shell => Object.hasOwn(SCRIPTS, shell);
