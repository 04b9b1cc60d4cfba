import type { LoadedConfig } from "../config/config";
import type { Suppression } from "../model/check-report";
import type { Finding } from "../model/finding";
import type { SourceLocation } from "../model/source-location";
import type { SourceSuppression } from "../model/suppression";
import { quote } from "../model/text";
import type { LocatedFinding, LocatedSite } from "./located";
import type { ConfiguredRule } from "./configure";

interface Entry {
  readonly kind: "source" | "config";
  readonly rule: string;
  readonly reason: string;
  readonly location: SourceLocation | undefined;
  /** The job that the configuration names. */
  readonly of: string;
  readonly matches: (site: LocatedSite) => boolean;
  used: boolean;
}

/** Suppressions by comments, calls and the configuration, and their problems. */
export class Suppressions {
  readonly #entries: Entry[] = [];
  /** Entries by rule, and by where they can match. */
  readonly #byPlace = new Map<string, Entry[]>();
  readonly #problems: Finding[] = [];
  readonly #rules: ReadonlyMap<string, ConfiguredRule>;

  readonly #names: readonly string[];
  readonly #today: string;

  /**
   * @param written at the place that they suppress
   * @param rules that apply
   * @param names of all existing rules
   * @param today `YYYY-MM-DD`
   */
  public constructor(
    written: readonly SourceSuppression[],
    { config, file }: LoadedConfig,
    rules: readonly ConfiguredRule[],
    names: readonly string[],
    today: string,
  ) {
    this.#names = names;
    this.#today = today;

    this.#rules = new Map(rules.map((rule) => [rule.name, rule]));
    for (const suppression of written) {
      const { jobIds, line, location } = suppression;
      const places = jobIds?.map(idPlace) ?? [linePlace(location?.file, line)];
      this.#add(suppression, "source", beside(suppression), "", places);
    }
    for (const { rule, job, task, reason, until } of config.suppressions ?? []) {
      this.#add(
        {
          rules: [rule],
          reason,
          ...(until !== undefined && { until }),
          ...(file !== undefined && { location: { file } }),
        },
        "config",
        (site) =>
          (site.job.key === job || site.job.id === job) &&
          (task === undefined || site.taskKey === task),
        ` of job ${quote(job)}`,
        [keyPlace(job), idPlace(job)],
      );
    }
  }

  /** The suppression of a finding, if any. */
  public of({ rule: name, sites: jobs, location }: LocatedFinding): Suppression | undefined {
    if (!this.allows(name)) return undefined;
    // Also on the very line, which may be outside of any job.
    const sites = location === undefined ? jobs : [...jobs, { job: { id: "" }, source: location }];
    const candidates = sites.flatMap((site) =>
      placesOf(site).flatMap((place) => this.#byPlace.get(placeKey(name, place)) ?? []),
    );
    const found = [...new Set(candidates)].filter(({ matches }) => sites.some(matches));
    // If two suppress one finding, both are used.
    for (const entry of found) entry.used = true;
    const [entry] = found;
    return entry === undefined ? undefined : { kind: entry.kind, reason: entry.reason };
  }

  /** Whether findings of a rule may be suppressed. */
  public allows(rule: string): boolean {
    return this.#rules.get(rule)?.suppressible ?? false;
  }

  /** Problems of the suppressions, after all findings were matched. */
  public problems(): Finding[] {
    const unused = this.#entries
      .filter(({ used, rule }) => !used && this.#rules.has(rule))
      .map(({ rule, location, of }) =>
        problem(
          "unused-suppression",
          "warning",
          this.allows(rule)
            ? `this suppression${of} matches no finding of ${quote(rule)}`
            : `findings of ${quote(rule)}${of} cannot be suppressed`,
          this.allows(rule) ? "remove it" : "fix the finding",
          location,
        ),
      );
    return [...this.#problems, ...unused];
  }

  #add(
    suppression: SourceSuppression,
    kind: Entry["kind"],
    matches: (site: LocatedSite) => boolean,
    of: string,
    places: readonly string[],
  ): void {
    const { rules, reason, until, location } = suppression;
    const refuse = (message: string, fix: string): void => {
      this.#problems.push(problem("invalid-suppression", "error", message, fix, location));
    };
    const form = 'write it as "jobstrata-ignore RULE: reason"';
    if (rules.length === 0) refuse("this suppression names no rule", form);
    if (reason.trim() === "") {
      refuse(`this suppression of ${rules.map(quote).join(", ")} gives no reason`, form);
      return;
    }
    if (until !== undefined && Number.isNaN(Date.parse(`${until}T00:00:00Z`))) {
      refuse(`invalid expiry date ${quote(until)}`, "write YYYY-MM-DD");
      return;
    }
    const expired = until !== undefined && until < this.#today;
    for (const rule of rules) {
      if (!this.#names.includes(rule)) {
        refuse(`there is no rule ${quote(rule)}`, "jobstrata rules lists them");
      } else if (expired) {
        this.#problems.push(
          problem(
            "expired-suppression",
            "warning",
            `this suppression of ${quote(rule)}${of} expired on ${until}`,
            "fix the finding, or set a later date",
            location,
          ),
        );
      } else {
        const entry = { kind, rule, reason, location, of, matches, used: false };
        this.#entries.push(entry);
        for (const place of places) {
          const key = placeKey(rule, place);
          const others = this.#byPlace.get(key);
          if (others === undefined) this.#byPlace.set(key, [entry]);
          else others.push(entry);
        }
      }
    }
  }
}

const placeKey = (rule: string, place: string): string => `${rule}\0${place}`;
const idPlace = (id: string): string => `id ${id}`;
const keyPlace = (key: string): string => `key ${key}`;
const linePlace = (file = "", line = 0): string => `line ${line} ${file}`;

/** The places where a site's suppressions can be. */
function placesOf({ job, source, jobSource }: LocatedSite): string[] {
  return [
    idPlace(job.id),
    ...(job.key === undefined ? [] : [keyPlace(job.key)]),
    ...[source, jobSource].flatMap((at) => (at === undefined ? [] : linePlace(at.file, at.line))),
  ];
}

function beside({ location, line, jobIds, taskKey }: SourceSuppression) {
  return (site: LocatedSite): boolean => {
    if (jobIds !== undefined) {
      return jobIds.includes(site.job.id) && (taskKey === undefined || site.taskKey === taskKey);
    }
    return [site.source, site.jobSource].some(
      (source) => source?.file === location?.file && source?.line === line,
    );
  };
}

function problem(
  rule: string,
  severity: Finding["severity"],
  message: string,
  fix: string,
  location: SourceLocation | undefined,
): Finding {
  return { rule, severity, message, fix, sites: [], ...(location !== undefined && { location }) };
}
