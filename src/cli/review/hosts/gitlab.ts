import { type CodeHost, type HostComment, MAX_PAGES } from "./code-host";
import type { HostHttp } from "./host-http";

interface GitlabNote {
  readonly id: number;
  readonly body?: string;
  readonly system?: boolean;
  readonly author?: { readonly id?: number };
}

/** Notes of a GitLab merge request. */
export class Gitlab implements CodeHost {
  public readonly name = "GitLab";
  readonly #http: HostHttp;
  readonly #notes: string;
  readonly #page: string | undefined;

  /**
   * @param project project id or path
   * @param page web address of the merge request
   */
  public constructor(http: HostHttp, project: string, number: number, page?: string) {
    this.#http = http;
    this.#notes = `/projects/${encodeURIComponent(project)}/merge_requests/${number}/notes`;
    this.#page = page;
  }

  public async ownComments(): Promise<readonly HostComment[]> {
    const { body: user } = await this.#http.request<{ readonly id: number }>("GET", "/user");
    const own: HostComment[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { body, hasNext } = await this.#http.request<readonly GitlabNote[]>(
        "GET",
        `${this.#notes}?per_page=100&page=${page}&sort=asc&order_by=created_at`,
      );
      const isOwn = ({ system, author }: GitlabNote): boolean =>
        system !== true && author?.id === user.id;
      own.push(...body.filter(isOwn).map((note) => this.#commentOf(note)));
      if (!hasNext) break;
    }
    return own;
  }

  public async create(text: string): Promise<HostComment> {
    const { body } = await this.#http.request<GitlabNote>("POST", this.#notes, { body: text });
    return this.#commentOf(body);
  }

  public async update({ id }: HostComment, text: string): Promise<HostComment> {
    const path = `${this.#notes}/${id}`;
    const { body } = await this.#http.request<GitlabNote>("PUT", path, { body: text });
    return this.#commentOf(body);
  }

  public async remove({ id }: HostComment): Promise<void> {
    await this.#http.request("DELETE", `${this.#notes}/${id}`);
  }

  #commentOf({ id, body = "" }: GitlabNote): HostComment {
    const url = this.#page === undefined ? {} : { url: `${this.#page}#note_${id}` };
    return { id: String(id), body, ...url };
  }
}
