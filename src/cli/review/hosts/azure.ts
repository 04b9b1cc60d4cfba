import type { CodeHost, HostComment } from "./code-host";
import type { HostHttp } from "./host-http";

interface AzureComment {
  readonly id: number;
  readonly content?: string;
  readonly isDeleted?: boolean;
  readonly author?: { readonly id?: string };
}

interface AzureThread {
  readonly id: number;
  readonly isDeleted?: boolean;
  readonly comments?: readonly AzureComment[];
}

const VERSION = "api-version=7.1";
/** A closed thread does not violate a policy that requires resolved comments. */
const CLOSED = 4;
const TEXT = 1;

/** Threads of an Azure DevOps pull request. Each of our threads has one comment. */
export class Azure implements CodeHost {
  public readonly name = "Azure DevOps";
  readonly #http: HostHttp;
  readonly #threads: string;

  /**
   * @param project project name or id
   * @param repository repository id
   */
  public constructor(http: HostHttp, project: string, repository: string, number: number) {
    this.#http = http;
    this.#threads = `/${encodeURIComponent(project)}/_apis/git/repositories/${encodeURIComponent(repository)}/pullRequests/${number}/threads`;
  }

  public async ownComments(): Promise<readonly HostComment[]> {
    const { body: connection } = await this.#http.request<{
      readonly authenticatedUser?: { readonly id?: string };
    }>("GET", "/_apis/connectionData");
    const { body } = await this.#http.request<{ readonly value?: readonly AzureThread[] }>(
      "GET",
      `${this.#threads}?${VERSION}`,
    );
    const self = connection.authenticatedUser?.id;
    return (body.value ?? []).flatMap((thread) => {
      const first = thread.comments?.[0];
      const isGone = thread.isDeleted === true || first?.isDeleted === true;
      if (first === undefined || isGone || first.author?.id !== self) return [];
      return [{ id: `${thread.id}/comments/${first.id}`, body: first.content ?? "" }];
    });
  }

  public async create(text: string): Promise<HostComment> {
    const { body } = await this.#http.request<AzureThread>("POST", `${this.#threads}?${VERSION}`, {
      comments: [{ parentCommentId: 0, content: text, commentType: TEXT }],
      status: CLOSED,
    });
    return { id: `${body.id}/comments/${body.comments?.[0]?.id ?? 1}`, body: text };
  }

  public async update(comment: HostComment, text: string): Promise<HostComment> {
    const path = `${this.#threads}/${comment.id}?${VERSION}`;
    await this.#http.request("PATCH", path, { content: text });
    return { ...comment, body: text };
  }

  public async remove({ id }: HostComment): Promise<void> {
    await this.#http.request("DELETE", `${this.#threads}/${id}?${VERSION}`);
  }
}
