/** A comment on a pull request. */
export interface HostComment {
  readonly id: string;
  readonly body: string;
  /** Link to the comment. */
  readonly url?: string;
}

/** Access to the comments on one pull request. */
export interface CodeHost {
  /** Display name. */
  readonly name: string;
  /** Comments written by the token's owner, oldest first. @throws {HostError} */
  ownComments(): Promise<readonly HostComment[]>;
  /** @throws {HostError} */
  create(body: string): Promise<HostComment>;
  /** @throws {HostError} */
  update(comment: HostComment, body: string): Promise<HostComment>;
  /** @throws {HostError} */
  remove(comment: HostComment): Promise<void>;
}

/** Maximum pages of comments to read, with 100 comments each. */
export const MAX_PAGES = 50;
