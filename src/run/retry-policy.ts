import { DelegateBackoff, ExponentialBackoff, handleWhen, type IBackoff, retry } from "cockatiel";

/** A failure after which a server can request a delay; milliseconds. */
interface Failure {
  readonly retryAfterMs?: number | undefined;
}

/** What is retried, and for how long. */
export interface RetryOptions<F extends Failure> {
  /** Returns the failure if the same operation may succeed later. */
  readonly transient: (error: unknown) => F | undefined;
  /** No retry begins after this time; milliseconds since 1970. */
  readonly end: number;
  readonly now: () => number;
  /** Delay before the first retry, doubled for each retry, with jitter; milliseconds. */
  readonly firstRetryMs: number;
  /** Maximum delay, unless the server requests a longer one; milliseconds. */
  readonly maxRetryMs: number;
  readonly maxRetries: number;
  /** Called before each retry with its delay; milliseconds. */
  readonly onRetry?: (failure: F, delayMs: number) => void;
}

/**
 * Retries an operation after transient failures, with exponential backoff or the delay that the server requests.
 *
 * @returns runs an operation; rejects with its last error
 * @internal
 */
export function retrying<F extends Failure>({
  transient,
  end,
  now,
  onRetry,
  ...options
}: RetryOptions<F>): <T>(operation: () => Promise<T>) => Promise<T> {
  const exponential = new ExponentialBackoff({
    initialDelay: options.firstRetryMs,
    maxDelay: options.maxRetryMs,
  });
  let backoff: IBackoff<unknown> | undefined;
  let failure: F | undefined;
  const policy = retry(
    handleWhen((error) => {
      failure = transient(error);
      return failure !== undefined && now() + (failure.retryAfterMs ?? 0) < end;
    }),
    {
      maxAttempts: options.maxRetries,
      backoff: new DelegateBackoff(() => {
        backoff = backoff === undefined ? exponential.next() : backoff.next(undefined);
        return Math.max(backoff.duration, failure?.retryAfterMs ?? 0);
      }),
    },
  );
  policy.onRetry(({ delay }) => {
    if (failure !== undefined) onRetry?.(failure, delay);
  });
  return (operation) => policy.execute(operation);
}
