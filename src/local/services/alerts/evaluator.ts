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

/** Alerts that are evaluated together fail together when the engine takes longer; milliseconds. */
const PATIENCE = 10 * 60_000;
/** Alerts that fall due within this time are evaluated together; milliseconds. */
const GATHER = 100;
/** Rows that a notification may show. */
const MAX_ROWS = 100;

/** An alert and what its last evaluation came to. */
export type AlertView = PageAlert;

/**
 * Evaluates alerts, on their schedules and on demand, with the engine of the notebooks. Those that fall due while some are
 * evaluated wait, each at most once, and are then evaluated together in one process.
 */
export class AlertEvaluator {
  /** Called when alerts, or what they came to, have changed. */
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

  /** @param query of the executor; without it there is no engine, and alerts are kept only */
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

  /** To be called after an alert was created, changed or moved to the trash. */
  public alertChanged(alert: AlertRecord): void {
    if (this.#query !== undefined) this.#schedule(alert);
    this.onChange();
  }

  public alertDeleted(id: string): void {
    this.#schedules.set(id, []);
    this.onChange();
  }

  /** Every alert as it stands, in the order of their names. */
  public views(): AlertView[] {
    return [...this.#store.alerts.all()].map(viewOf).sort((a, b) => {
      return a.display_name < b.display_name ? -1 : 1;
    });
  }

  /**
   * Evaluates alerts now, paused ones too.
   * @param ids @default all that are not in the trash
   * @throws {ApiError} where there is no engine
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

  /** Resolves when all that is due now was evaluated. */
  #request(ids: Iterable<string>): Promise<void> {
    for (const id of ids) this.#due.add(id);
    return (this.#working ??= this.#work());
  }

  async #work(): Promise<void> {
    // The caller has to receive this first.
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

  async #evaluateTogether(alerts: readonly AlertRecord[]): Promise<void> {
    const answers: Exclude<QueryAnswer, { note: string }>[] = [];
    const abort = new AbortController();
    const stop = (): void => {
      abort.abort();
    };
    this.#ended.signal.addEventListener("abort", stop, { once: true });
    const timer = this.#clock.after(PATIENCE, stop);
    let failure = "";
    const statements = alerts.map(({ settings }) => ({
      sql: queryOf(settings),
      parameters: (settings.parameters ?? []).map(({ name, value = null, type = "STRING" }) => ({
        name,
        value,
        type,
      })),
    }));
    try {
      await this.#query?.(
        { statements, limit: MAX_ROWS },
        (answer) => {
          if (!("note" in answer)) answers.push(answer);
        },
        abort.signal,
      );
    } catch (error) {
      failure = abort.signal.aborted
        ? `The query had not ended after ${PATIENCE / 60_000} minutes.`
        : errorText(error);
    } finally {
      timer.cancel();
      this.#ended.signal.removeEventListener("abort", stop);
    }
    // A workspace that stops leaves alerts as they were.
    if (this.#ended.signal.aborted) return;
    this.#store.atomically(() => {
      for (const [at, alert] of alerts.entries()) this.#conclude(alert.id, answers[at], failure);
    });
    this.onChange();
  }

  #conclude(
    id: string,
    answer: Exclude<QueryAnswer, { note: string }> | undefined,
    failure: string,
  ): void {
    // It may have been changed or deleted since.
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

  /** A destination that was deleted gets nothing any more. */
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
 * Whether subscribers are to hear of a state: once when it becomes TRIGGERED, then every `retrigger_seconds` if there are
 * any, and when it is OK again if they want to.
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
