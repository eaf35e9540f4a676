// Row 1: the corpus, whole, in 1-byte writes and cut in two, with Envoy's verdict on each message.
import { startProxy } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { corpusAgrees, readRawCorpus, runCorpusEntry, type Cut } from '../../test/support/raw_corpus.js';
import { TcpUpstream } from '../../test/support/tcp_upstream.js';
import { Tally, type Row } from './row.js';

export const corpusRow: Row = {
  number: 1,
  name: 'HTTP/1 corpus of 480 messages, whole and cut',
  missing: () => (readRawCorpus() ? undefined : 'the corpus is not here'),
  async run({ kind, random, short }) {
    const tally = new Tally();
    const upstream = await TcpUpstream.start(await freePort());
    const proxy = await startProxy({ kind, upstreamPort: upstream.port });
    const entries = (readRawCorpus() ?? []).filter(({ line }) => !short || line % 8 === 0);
    for (const entry of entries) {
      const cuts: Cut[] = ['whole', 'bytewise', random.below(entry.bytes.length + 1)];
      for (const cut of cuts) {
        const outcome = await runCorpusEntry(proxy, upstream, entry, cut);
        tally.check(
          corpusAgrees(entry, outcome),
          () => `line ${entry.line} (${entry.name}), ${cut}: ${JSON.stringify(outcome)}`,
        );
      }
    }
    await proxy.peer.stop();
    await upstream.stop();
    return tally;
  },
};
