/** A comment on a pull request. */
export interface HostComment {
  readonly id: string;
  readonly body: string;
  /** Its address, for people. */
  readonly url?: string;
}

/** The comments on one pull request of a code host. */
export interface CodeHost {
  /** For people. */
  readonly name: string;
  /** The comments of the owner of the token, oldest first. @throws {HostError} */
  ownComments(): Promise<readonly HostComment[]>;
  /** @throws {HostError} */
  create(body: string): Promise<HostComment>;
  /** @throws {HostError} */
  update(comment: HostComment, body: string): Promise<HostComment>;
  /** @throws {HostError} */
  remove(comment: HostComment): Promise<void>;
}

/** Pages of comments that are read at most; of 100 each. */
export const MAX_PAGES = 50;
