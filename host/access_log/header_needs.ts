// The headers that the formats of one plan read. The core writes them behind a record's texts, in this order: request headers, response
// headers, response trailers.
import { isJoined } from './joined_headers.js';

export type HeaderList = 'request' | 'response' | 'trailer';

/** Of several headers of one name: all, joined by commas, or the first. */
export type Several = 'joined' | 'first';

interface Need {
  /** Lower-case; pseudo-headers with their colon. */
  readonly name: string;
  readonly several: Several;
}

export class HeaderNeeds {
  private readonly needs: Readonly<Record<HeaderList, Need[]>> = { request: [], response: [], trailer: [] };

  /** Asks for a header. The result gives its index behind the texts, once all formats of the plan are parsed. */
  need(list: HeaderList, name: string, several: Several = isJoined(name) ? 'joined' : 'first'): () => number {
    const needs = this.needs[list];
    let i = needs.findIndex((need) => need.name === name && need.several === several);
    if (i < 0) i = needs.push({ name, several }) - 1;
    return () => this.before(list) + i;
  }

  get request(): readonly string[] {
    return this.names('request');
  }

  get response(): readonly string[] {
    return this.names('response');
  }

  get trailer(): readonly string[] {
    return this.names('trailer');
  }

  /** One for each request header, then for each response header: whether all of its name are one value. */
  get joined(): readonly boolean[] {
    return [...this.needs.request, ...this.needs.response].map(({ several }) => several === 'joined');
  }

  private names(list: HeaderList): readonly string[] {
    return this.needs[list].map(({ name }) => name);
  }

  private before(list: HeaderList): number {
    const { request, response } = this.needs;
    if (list === 'request') return 0;
    return request.length + (list === 'trailer' ? response.length : 0);
  }
}
