// The headers that the formats of one plan read. The core writes them behind a record's texts, in this order: request headers, response
// headers, response trailers.

export type HeaderList = 'request' | 'response' | 'trailer';

export class HeaderNeeds {
  /** Lower-case names; pseudo-headers with their colon. */
  readonly request: string[] = [];
  readonly response: string[] = [];
  readonly trailer: string[] = [];

  /** Asks for a header. The result gives its index behind the texts, once all formats of the plan are parsed. */
  need(list: HeaderList, name: string): () => number {
    const names = this[list];
    let i = names.indexOf(name);
    if (i < 0) i = names.push(name) - 1;
    return () => this.before(list) + i;
  }

  private before(list: HeaderList): number {
    if (list === 'request') return 0;
    return this.request.length + (list === 'trailer' ? this.response.length : 0);
  }
}
