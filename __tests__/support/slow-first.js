const { default: TestSequencer } = require("@jest/test-sequencer");

/**
 * Suites that take a minute or more, so that none of them runs alone at the end. Those without the notebook engine come
 * first, because it is still being installed when `.ci/run` begins with the tests.
 */
const SLOW = ["packages/install", "local/provider/terraform", "browser/", "python/", "e2e/"];

/** The order of suites where jest does not know yet how long each takes: it would begin with the largest files. */
module.exports = class SlowFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    const rank = ({ path }) => {
      const at = SLOW.findIndex((part) => path.includes(`/__tests__/${part}`));
      return at < 0 ? SLOW.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
};
