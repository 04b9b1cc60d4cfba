import { errorText, type PageAlert } from "@jobstrata/core/model";
import { ApiError } from "../../api-error";
import type { Clock, Timer } from "../../clock";
import type { TaskExecutor } from "../../execute/executor";
import type { QueryAnswer } from "../../execute/query";
import { byCron } from "../../scheduler/triggers/cron";
import { Timetable } from "../../scheduler/triggers/timetable";
import type { Store } from "../../store";
import { type AlertState, evaluate, type Evaluated, queryOf, type Result } from "./evaluate";
import { conditionOf, messageOf } from "./notification";
import type { AlertRecord, NotificationRecord } from "./store";

/** Maximum duration of an alert's query; milliseconds. */
const PATIENCE = 10 * 60_000;
/** Alerts that fall due within this time are evaluated together; milliseconds. */
const GATHER = 100;
/** Maximum rows in a notification. */
const MAX_ROWS = 100;

type Answer = Exclude<QueryAnswer, { note: string }>;

/** An alert and the result of its last evaluation. */
export type AlertView = PageAlert;

/**
 * Evaluates alerts on their schedules and on demand, with the engine that runs notebooks. Alerts that fall due during
 * an evaluation are queued, each at most once, and evaluated next as one batch in one process.
 */
export class AlertEvaluator {
  /** Called when alerts or their results have changed. */
  public onChange: () => void = () => undefined;
  readonly #schedules: Timetable<string>;
  readonly #due = new Set<string>();
  #gathering: Timer | undefined;
  #working: Promise<void> | undefined;
  readonly #ended = new AbortController();

  readonly #store: Store;
  readonly #clock: Clock;
  readonly #query: TaskExecutor["query"];
  readonly #host: string;

  /** @param query runs SQL on the executor; undefined if it has no engine, and alerts are then stored but not evaluated */
  public constructor(
    store: Store,
    clock: Clock,
    query: TaskExecutor["query"],
    /** The address of the workspace, for links. */
    host: string,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#query = query;
    this.#host = host;

    this.#schedules = new Timetable(clock, (id) => {
      this.#due.add(id);
      this.#gathering ??= clock.after(GATHER, () => {
        this.#gathering = undefined;
        void this.#request([]);
      });
    });
  }

  /** Arms the schedules of all alerts. */
  public start(): void {
    if (this.#query === undefined) return;
    for (const alert of this.#store.alerts.all()) this.#schedule(alert);
  }

  public async stop(): Promise<void> {
    this.#schedules.stop();
    this.#gathering?.cancel();
    this.#due.clear();
    this.#ended.abort();
    await this.#working;
  }

  /** Call after an alert was created, changed or moved to the trash. */
  public alertChanged(alert: AlertRecord): void {
    if (this.#query !== undefined) this.#schedule(alert);
    this.onChange();
  }

  public alertDeleted(id: string): void {
    this.#schedules.set(id, []);
    this.onChange();
  }

  /** All alerts with their current state, sorted by name. */
  public views(): AlertView[] {
    return [...this.#store.alerts.all()].map(viewOf).sort((a, b) => {
      return a.display_name < b.display_name ? -1 : 1;
    });
  }

  /**
   * Evaluates alerts now, including paused ones.
   * @param ids @default all alerts that are not in the trash
   * @throws {ApiError} if the executor has no engine
   */
  public async evaluate(ids?: readonly string[]): Promise<void> {
    if (this.#query === undefined) {
      throw new ApiError(
        501,
        "NOT_IMPLEMENTED",
        "The local workspace simulates tasks and has no engine to evaluate alerts with; start it with --executor local.",
      );
    }
    await this.#request(ids ?? [...this.#store.alerts.all()].map(({ id }) => id));
  }

  #schedule({ id, settings, lifecycle_state, evaluated }: AlertRecord): void {
    const { quartz_cron_schedule, timezone_id, pause_status = "UNPAUSED" } = settings.schedule;
    const isOn = lifecycle_state === "ACTIVE" && pause_status === "UNPAUSED";
    const next = byCron({ quartz_cron_expression: quartz_cron_schedule, timezone_id });
    const last = evaluated === undefined ? undefined : Date.parse(evaluated.at);
    this.#schedules.set(id, isOn ? [["", next, last] as const] : []);
  }

  /** Resolves when every alert that is due now has been evaluated. */
  #request(ids: Iterable<string>): Promise<void> {
    for (const id of ids) this.#due.add(id);
    return (this.#working ??= this.#work());
  }

  async #work(): Promise<void> {
    // `#request` must store this promise before the work begins.
    await Promise.resolve();
    try {
      while (this.#due.size > 0 && !this.#ended.signal.aborted) {
        const alerts = [...this.#due].flatMap((id) => {
          const alert = this.#store.alerts.get(id);
          return alert?.lifecycle_state === "ACTIVE" ? [alert] : [];
        });
        this.#due.clear();
        if (alerts.length > 0) await this.#evaluateTogether(alerts);
      }
    } finally {
      this.#working = undefined;
    }
  }

  /**
   * Evaluates alerts in one process. An alert whose query takes too long or crashes the process fails alone; the alerts
   * after it are evaluated in a new process.
   */
  async #evaluateTogether(alerts: readonly AlertRecord[]): Promise<void> {
    let left = alerts;
    let isEngineBroken = false;
    while (left.length > 0) {
      const { answers, failure } = await this.#ask(left);
      // When the workspace stops, alerts keep their last result.
      if (this.#ended.signal.aborted) return;
      const isFailed = answers.length < left.length;
      // Two processes in a row without an answer: the engine is broken, not the query.
      const isGivenUp = isFailed && answers.length === 0 && isEngineBroken;
      isEngineBroken = isFailed && answers.length === 0;
      const done = isGivenUp ? left : left.slice(0, answers.length + 1);
      this.#store.atomically(() => {
        for (const [at, alert] of done.entries()) this.#conclude(alert.id, answers[at], failure);
      });
      left = left.slice(done.length);
    }
    this.onChange();
  }

  /**
   * Runs the alerts' queries in order. Stops at the first that breaks the process or times out; SQL errors do not stop
   * it.
   */
  async #ask(alerts: readonly AlertRecord[]): Promise<{ answers: Answer[]; failure: string }> {
    const answers: Answer[] = [];
    const late = new AbortController();
    let timer: Timer | undefined;
    const patience = (): void => {
      timer?.cancel();
      timer = this.#clock.after(PATIENCE, () => {
        late.abort();
      });
    };
    const statements = alerts.map(({ settings }) => ({
      sql: queryOf(settings),
      parameters: (settings.parameters ?? []).map(({ name, value = null, type = "STRING" }) => ({
        name,
        value,
        type,
      })),
    }));
    patience();
    try {
      await this.#query?.(
        { statements, limit: MAX_ROWS },
        (answer) => {
          if ("note" in answer) return;
          answers.push(answer);
          patience();
        },
        AbortSignal.any([this.#ended.signal, late.signal]),
      );
      return { answers, failure: "The engine gave no answer." };
    } catch (error) {
      const failure = late.signal.aborted
        ? `The query had not ended after ${PATIENCE / 60_000} minutes.`
        : errorText(error);
      return { answers, failure };
    } finally {
      timer?.cancel();
    }
  }

  #conclude(id: string, answer: Answer | undefined, failure: string): void {
    // The alert may have been changed or deleted during the query.
    const alert = this.#store.alerts.get(id);
    if (alert === undefined) return;
    const result = answer !== undefined && "columns" in answer ? answer : undefined;
    const evaluated: Evaluated =
      result === undefined
        ? {
            state: "ERROR",
            error: answer !== undefined && "error" in answer ? answer.error : failure,
          }
        : evaluate(alert.settings.evaluation, result);
    const now = this.#clock.now();
    const isDue = isToBeNotified(alert, evaluated.state, now);
    const before = alert.evaluated?.notified;
    const notified = isDue ? now : evaluated.state === "TRIGGERED" ? before : undefined;
    const at = new Date(now).toISOString();
    const after: AlertRecord = {
      ...alert,
      evaluated: { ...evaluated, at, ...(notified === undefined ? {} : { notified }) },
    };
    this.#store.alerts.put(after, this.#store.alerts.nameOf(id));
    if (isDue) this.#notify(after, evaluated, result, at);
  }

  #notify(
    alert: AlertRecord,
    evaluated: Evaluated,
    result: Result | undefined,
    time: string,
  ): void {
    const { id, settings } = alert;
    const message = messageOf(alert, evaluated, result, `${this.#host}/sql/alerts/${id}`);
    for (const subscription of settings.evaluation.notification?.subscriptions ?? []) {
      const recipient = this.#recipientOf(subscription);
      if (recipient === undefined) continue;
      this.#store.alerts.notify({
        alert_id: id,
        alert_name: settings.display_name,
        time,
        state: evaluated.state,
        recipient,
        ...message,
      });
    }
  }

  /** Undefined for a deleted destination. */
  #recipientOf({
    user_email,
    destination_id,
  }: {
    user_email?: string | undefined;
    destination_id?: string | undefined;
  }): NotificationRecord["recipient"] | undefined {
    if (user_email !== undefined) return { user_email };
    const found = this.#store.destinations.get(destination_id ?? "");
    if (found === undefined) return undefined;
    const { id, display_name, destination_type } = found;
    return { destination_id: id, display_name, destination_type };
  }
}

/**
 * Whether to notify subscribers of a state: when it becomes TRIGGERED, every `retrigger_seconds` after that if set, and
 * when it returns to OK if `notify_on_ok` is set.
 */
function isToBeNotified(
  { settings, evaluated }: AlertRecord,
  state: AlertState,
  now: number,
): boolean {
  const { notify_on_ok = false, retrigger_seconds = 0 } = settings.evaluation.notification ?? {};
  if (state === "OK") return notify_on_ok && evaluated?.state === "TRIGGERED";
  if (state !== "TRIGGERED") return false;
  if (evaluated?.state !== "TRIGGERED" || evaluated.notified === undefined) return true;
  return retrigger_seconds > 0 && now - evaluated.notified >= retrigger_seconds * 1000;
}

function viewOf(alert: AlertRecord): AlertView {
  const { id, settings, evaluated } = alert;
  return {
    id,
    display_name: settings.display_name,
    state: evaluated?.state ?? "UNKNOWN",
    condition: conditionOf(alert),
    ...(evaluated?.value === undefined ? {} : { value: evaluated.value }),
    ...(evaluated?.error === undefined ? {} : { error: evaluated.error }),
    ...(evaluated === undefined ? {} : { last_evaluated_at: evaluated.at }),
    paused: settings.schedule.pause_status === "PAUSED",
  };
}
