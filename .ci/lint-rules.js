// The rules of this repository that no linter has.

const ID = "/^(id|((.*([jJ]ob|[rR]un|[rR]epair)_?)[iI]d))$/";

/** A rule that forbids what a selector matches. */
const forbid = (selector, message) => ({
  meta: { type: "problem" },
  create: (context) => ({ [selector]: (node) => context.report({ node, message }) }),
});

module.exports = {
  meta: { name: "repository" },
  rules: {
    "whole-ids": forbid(
      `CallExpression[callee.name=/^(Number|parseInt|parseFloat)$/] > :matches(Identifier[name=${ID}], MemberExpression[property.name=${ID}]).arguments:first-child`,
      "Ids have 64 bits, more than a number holds: use jobIdOf or runIdOf of core/model.",
    ),
    "hash-private": forbid(
      ":matches(PropertyDefinition, MethodDefinition[kind!=constructor], TSParameterProperty)[accessibility=private]",
      "Write `#name`: a private member is private when the program runs, too.",
    ),
  },
};
