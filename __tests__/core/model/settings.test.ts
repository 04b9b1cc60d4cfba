import fc from "fast-check";
import { canonical, isSameSetting, type Setting } from "@jobstrata/core/model";

const { setting } = fc.letrec<{ setting: Setting }>((tie) => ({
  setting: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1, "1", "a"),
    fc.array(tie("setting"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__"), tie("setting"), { maxKeys: 2 }),
  ),
}));

test("settings are the same if their canonical texts are", () => {
  fc.assert(
    fc.property(setting, setting, (a, b) => {
      expect(isSameSetting(a, b)).toBe(canonical(a) === canonical(b));
      expect(isSameSetting(a, JSON.parse(canonical(a)) as Setting)).toBe(true);
    }),
  );
  expect(isSameSetting({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true);
});
