// The two ends of asking, without threads between them.
import { expect, test } from 'vitest';
import { Askers } from '../../../host/asking/askers.js';
import { MAX_OPEN_QUESTIONS, Questions } from '../../../host/asking/questions.js';
import type { AnswerMessage, AskMessage, WithdrawMessage } from '../../../host/process/messages.js';

const BYTES = Uint8Array.of(1, 2, 3);

test('open questions are bounded: what is beyond is answered at once, and room comes back with each answer', async () => {
  const posted: (AskMessage | WithdrawMessage)[] = [];
  const questions = new Questions((message) => posted.push(message));
  const open = Array.from({ length: MAX_OPEN_QUESTIONS }, () => questions.ask(1, BYTES));
  await expect(questions.ask(1, BYTES).answer).rejects.toMatchObject({ code: 8 });
  expect(posted).toHaveLength(MAX_OPEN_QUESTIONS);
  questions.settle({ type: 'answer', id: (posted[0] as AskMessage).id, bytes: BYTES, code: 0, details: '' });
  expect(await open[0].answer).toEqual(BYTES);
  questions.ask(1, BYTES);
  expect(posted).toHaveLength(MAX_OPEN_QUESTIONS + 1);
});

test('a question that was withdrawn is not answered, and withdrawn once', async () => {
  const posted: (AskMessage | WithdrawMessage)[] = [];
  const questions = new Questions((message) => posted.push(message));
  const question = questions.ask(1, BYTES);
  question.withdraw();
  question.withdraw();
  await expect(question.answer).rejects.toMatchObject({ code: 1 });
  const { id } = posted[0] as AskMessage;
  questions.settle({ type: 'answer', id, bytes: BYTES, code: 0, details: '' });
  expect(posted.map(({ type }) => type)).toEqual(['ask', 'withdraw']);
  expect(questions.size).toBe(0);
});

test('an asker that was removed is as one that is not there, and its open calls go on', async () => {
  const askers = new Askers();
  let resolve!: (bytes: Uint8Array) => void;
  const asker = askers.add({ ask: () => new Promise((done) => (resolve = done)) });
  const answers: AnswerMessage[] = [];
  const answer = (message: AnswerMessage): void => void answers.push(message);
  askers.ask(0, { type: 'ask', id: 1, asker, bytes: BYTES }, answer);
  await Promise.resolve();
  askers.remove(asker);
  askers.ask(0, { type: 'ask', id: 2, asker, bytes: BYTES }, answer);
  expect(answers).toMatchObject([{ id: 2, code: 14 }]);
  resolve(BYTES);
  await new Promise(setImmediate);
  expect(answers[1]).toMatchObject({ id: 1, bytes: BYTES });
  expect(askers.openQuestions).toBe(0);
});

test('a worker that dies takes its questions along, and only its own; numbers come again with the next one', async () => {
  const askers = new Askers();
  const aborted: number[] = [];
  const resolves: ((bytes: Uint8Array) => void)[] = [];
  const asker = askers.add({
    ask: ([first], signal) =>
      new Promise((done) => {
        signal.addEventListener('abort', () => aborted.push(first));
        resolves.push(done);
      }),
  });
  const answers: [number, AnswerMessage][] = [];
  const ask = (worker: number, word: number): void =>
    askers.ask(worker, { type: 'ask', id: 1, asker, bytes: Uint8Array.of(word) }, (m) => answers.push([word, m]));
  ask(0, 10);
  ask(1, 11);
  await Promise.resolve();
  askers.workerDied(0);
  expect(aborted).toEqual([10]);
  ask(0, 12);
  await Promise.resolve();
  for (const resolve of resolves) resolve(BYTES);
  await new Promise(setImmediate);
  expect(answers.map(([word]) => word)).toEqual([11, 12]);
});

test('an asker that throws is an answer like another', async () => {
  const askers = new Askers();
  const asker = askers.add({
    ask: () => {
      throw new Error('broken');
    },
  });
  const said = await new Promise((resolve) => askers.ask(0, { type: 'ask', id: 1, asker, bytes: BYTES }, resolve));
  expect(said).toMatchObject({ code: 13, details: 'broken' });
});
