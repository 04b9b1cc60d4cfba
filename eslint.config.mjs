import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["node_modules", "examples", "lib", "dist", "coverage", "cdktf.out", ".jobstrata"]),
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Constructs register themselves in their scope: `new AtomicJob(stack, …)` is a statement.
      "no-new": "off",
      // Constructs are found in the tree as IConstruct and cast to what they are known to be.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // `const { dropped: _, ...rest } = …` leaves a property out.
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_$" }],
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.name=/^(Number|parseInt|parseFloat)$/] > :matches(Identifier[name=/^(id|((.*([jJ]ob|[rR]un|[rR]epair)_?)[iI]d))$/], MemberExpression[property.name=/^(id|((.*([jJ]ob|[rR]un|[rR]epair)_?)[iI]d))$/]).arguments:first-child",
          message:
            "Ids have 64 bits, more than a number holds: use jobIdOf or runIdOf of core/model.",
        },
        {
          selector:
            ":matches(PropertyDefinition, MethodDefinition[kind!=constructor], TSParameterProperty)[accessibility=private]",
          message: "Write `#name`: a private member is private when the program runs, too.",
        },
      ],
    },
  },
  {
    // What a server answers is JSON; what it should hold is what these tests are about.
    files: [
      "__tests__/{local,run}/**/*.ts",
      "__tests__/cli/run/*.ts",
      "__tests__/browser/workspace-page.test.ts",
    ],
    rules: {
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        console: "readonly",
        module: "writable",
        process: "readonly",
        require: "readonly",
        __dirname: "readonly",
      },
    },
  },
);
