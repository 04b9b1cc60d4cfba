/** A setting that what is written cannot express. */
export class NotExpressible extends Error {
  public constructor(
    /** Its path, by the names of the Jobs API. */
    public readonly where: string,
    public readonly why: string,
  ) {
    super(where);
  }
}
