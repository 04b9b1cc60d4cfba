/** A setting that the output format cannot express. */
export class NotExpressible extends Error {
  public constructor(
    /** Its path, with the names of the Jobs API. */
    public readonly where: string,
    public readonly why: string,
  ) {
    super(where);
  }
}
