import { type CodeHost, type HostComment, MAX_PAGES } from "./code-host";
import { HostError, type HostHttp } from "./host-http";

interface GithubComment {
  readonly id: number;
  readonly body?: string | null;
  readonly html_url?: string;
  readonly user?: { readonly login?: string; readonly type?: string } | null;
}

/** Comments of a GitHub pull request, which the API treats as an issue. */
export class Github implements CodeHost {
  public readonly name = "GitHub";
  readonly #http: HostHttp;
  readonly #repository: string;
  readonly #number: number;

  /** @param repository `owner/name` */
  public constructor(http: HostHttp, repository: string, number: number) {
    this.#http = http;
    this.#repository = `/repos/${repository.split("/").map(encodeURIComponent).join("/")}/issues`;
    this.#number = number;
  }

  public async ownComments(): Promise<readonly HostComment[]> {
    const login = await this.#login();
    const own: HostComment[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { body, hasNext } = await this.#http.request<readonly GithubComment[]>(
        "GET",
        `${this.#repository}/${this.#number}/comments?per_page=100&page=${page}`,
      );
      // Anyone can post a comment that starts with our marker.
      const isOwn = ({ user }: GithubComment): boolean =>
        login === undefined ? user?.type === "Bot" : user?.login === login;
      own.push(...body.filter(isOwn).map(commentOf));
      if (!hasNext) break;
    }
    return own;
  }

  public async create(text: string): Promise<HostComment> {
    const path = `${this.#repository}/${this.#number}/comments`;
    const { body } = await this.#http.request<GithubComment>("POST", path, { body: text });
    return commentOf(body);
  }

  public async update({ id }: HostComment, text: string): Promise<HostComment> {
    const path = `${this.#repository}/comments/${id}`;
    const { body } = await this.#http.request<GithubComment>("PATCH", path, { body: text });
    return commentOf(body);
  }

  public async remove({ id }: HostComment): Promise<void> {
    await this.#http.request("DELETE", `${this.#repository}/comments/${id}`);
  }

  /** The token's owner; undefined for an app without a user, such as GitHub Actions. */
  async #login(): Promise<string | undefined> {
    try {
      const { body } = await this.#http.request<{ readonly login?: string }>("GET", "/user");
      return body.login;
    } catch (error) {
      if (error instanceof HostError && !error.transient && error.status !== 401) return undefined;
      throw error;
    }
  }
}

const commentOf = ({ id, body, html_url }: GithubComment): HostComment => ({
  id: String(id),
  body: body ?? "",
  ...(html_url !== undefined && { url: html_url }),
});
