// Waits for what is true some time, and says what was not.
import { setTimeout as sleep } from 'node:timers/promises';

export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it never came true: ${what}`);
    await sleep(10);
  }
}
