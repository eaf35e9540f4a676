// A line when something begins to fail and one when it is well again, not one for each time it is asked.

export class TransitionLog {
  private readonly failing = new Map<string, string>();

  constructor(
    private readonly warn: (text: string) => void,
    private readonly info: (text: string) => void,
  ) {}

  /** `failure`: the line to log where it fails now, undefined where it is well. */
  note(subject: string, failure: string | undefined, recovery: string): void {
    const before = this.failing.get(subject);
    if (failure === undefined) {
      if (this.failing.delete(subject)) this.info(recovery);
    } else if (failure !== before) {
      this.failing.set(subject, failure);
      this.warn(failure);
    }
  }
}
