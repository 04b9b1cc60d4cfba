#!/usr/bin/env bash
# The step of action.yml: turns inputs into options of `jobstrata review`.
set -u

options=(--publish --findings "$INPUT_FINDINGS")
[ "$INPUT_COMMENT" = true ] || options+=(--no-comment)
if [ "$INPUT_ANNOTATIONS" = true ]; then options+=(--format github); else options+=(--format text); fi
[ -z "$INPUT_NAME" ] || options+=(--name "$INPUT_NAME")
[ -z "$INPUT_CONFIG" ] || options+=(--config "$INPUT_CONFIG")
[ -z "$INPUT_FAIL_ON" ] || options+=(--fail-on "$INPUT_FAIL_ON")
[ -z "$INPUT_SARIF" ] || options+=(--output "sarif=$INPUT_SARIF")
[ -z "$INPUT_REPORT" ] || options+=(--output "markdown=$INPUT_REPORT")
while IFS= read -r target; do
  [ -z "$target" ] || options+=(--target "$target")
done <<< "$INPUT_TARGET"
while IFS= read -r plan; do
  [ -z "$plan" ] || options+=(--plan "$plan")
done <<< "$INPUT_PLAN"

"$(dirname "${BASH_SOURCE[0]}")/jobstrata.sh" review "${options[@]}" -- "$INPUT_BASE" "$INPUT_PATH"
code=$?
echo "exit-code=$code" >> "$GITHUB_OUTPUT"
exit "$code"
